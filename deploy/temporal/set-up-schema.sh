#!/bin/sh
# Repeatable: what exists is kept, and only newer versions of the schema are applied. The connection comes from SQL_* variables.
set -eu
for database in temporal temporal_visibility; do
  temporal-sql-tool --database "$database" create-database
  temporal-sql-tool --database "$database" setup-schema --version 0.0
done
temporal-sql-tool --database temporal update-schema --schema-name postgresql/v12/temporal
temporal-sql-tool --database temporal_visibility update-schema --schema-name postgresql/v12/visibility
