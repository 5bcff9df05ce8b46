"""Read by Python at its start where this folder is on its path: Dagster's daemon looks for backfills every 3 s.

It looks every 30 s otherwise, and nothing can be set: most of what a test of backfills took was waiting for it.
"""

import sys

if any("dagster._daemon" in word or "dagster-daemon" in word for word in sys.orig_argv):
    from dagster._daemon import controller

    controller.DEFAULT_DAEMON_INTERVAL_SECONDS = 3
