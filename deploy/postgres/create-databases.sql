-- Repeatable: a database that exists is left alone.
SELECT format('CREATE DATABASE %I', name)
FROM (VALUES ('mlflow'), ('labelstudio')) AS wanted (name)
WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = wanted.name)
\gexec
