# SPDX-License-Identifier: GPL-3.0-or-later
"""README and docs show what the tool prints today: every example is run again."""
import os
import subprocess
import sys
import unittest

from support.tool import BINARY, FIXTURES, ROOT


class ExamplesTest(unittest.TestCase):
    def test_no_example_is_stale(self):
        environment = dict(os.environ, KMORTEM=str(BINARY), KMORTEM_FIXTURES=str(FIXTURES))
        environment.pop("KMORTEM_CRASH_PLUGIN", None)  # crash_plugin_test runs the sessions
        done = subprocess.run([sys.executable, str(ROOT / "scripts" / "update-examples"), "--check"],
                              capture_output=True, text=True, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    unittest.main()
