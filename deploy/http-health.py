"""Exits with 0 when the URL that is the only argument answers with 200."""

import sys
import urllib.request

with urllib.request.urlopen(sys.argv[1], timeout=4) as response:
    sys.exit(0 if response.status == 200 else 1)
