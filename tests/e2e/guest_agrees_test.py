# SPDX-License-Identifier: GPL-3.0-or-later
"""The log, modules and softirq counters against what the guest wrote about itself."""
import re
import unittest

from support.tool import all_fixtures


class GuestAgreesTest(unittest.TestCase):
    def test_log_holds_the_guests_dmesg_in_order(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                guests = fixture.truth("dmesg").rstrip("\n").splitlines()
                ours = fixture.run("log").out.rstrip("\n").splitlines()
                self.assertGreater(len(guests), 50)
                # The guest's copy was made before the dump: the log may have gone on since.
                self.assertEqual(ours[:len(guests)], guests)

    def test_modules(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                guests = {}
                for line in fixture.truth("modules").splitlines():
                    fields = line.split()
                    guests[fields[0]] = (int(fields[1]), int(fields[5], 16), fields[4])
                ours = {each["name"]: (each["size"], int(each["base"], 16), each["state"])
                        for each in fixture.analyze()["modules"]}
                self.assertEqual(ours, guests)

    def test_softirq_names(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                guests = re.findall(r"^\s*(\w+):", fixture.truth("softirqs"), re.MULTILINE)
                ours = [each["name"] for each in fixture.analyze()["softirqs"]]
                self.assertEqual(ours, guests)

    def test_kernel_identity(self):
        for fixture in all_fixtures():
            with self.subTest(fixture.name):
                kernel = fixture.analyze()["kernel"]
                self.assertEqual(kernel["banner"].strip(), fixture.truth("version").strip())
                self.assertEqual(kernel["command_line"].strip(), fixture.truth("cmdline").strip())


if __name__ == "__main__":
    unittest.main()
