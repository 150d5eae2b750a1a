# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML report in a real browser: it shows the findings, loads nothing, sorts, opens, folds."""
import pathlib
import tempfile
import unittest

from selenium.webdriver.common.by import By

from support.browser import Browser
from support.tool import Fixture


def css(owner, selector):
    return owner.find_elements(By.CSS_SELECTOR, selector)


class HtmlTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="kmortem-html-")
        cls.addClassCleanup(folder.cleanup)
        cls.reports, cls.pages = {}, {}
        for name in ("mutex-abba-6.1-lockdep", "inconsistent-6.1"):
            fixture = Fixture(name)
            cls.reports[name] = fixture.analyze()
            cls.pages[name] = pathlib.Path(folder.name) / f"{name}.html"
            done = fixture.run("analyze", "-f", "html", "-o", cls.pages[name])
            assert done.code == 1, done.err
        cls.browser = cls.enterClassContext(Browser())
        cls.driver = cls.browser.driver

    def open(self, name, fragment=""):
        self.browser.open(self.pages[name], fragment)
        return self.reports[name]

    def column(self, table, number):
        return self.driver.execute_script(
            "return Array.from(document.querySelector(arguments[0]).tBodies[0].rows,"
            " row => row.cells[arguments[1]].textContent)", table, number)

    def test_everything_is_there(self):
        for name in self.pages:
            with self.subTest(name):
                report = self.open(name)
                findings = css(self.driver, "details.finding")
                self.assertEqual(len(findings), len(report["findings"]))
                for shown, finding in zip(findings, report["findings"]):
                    summary = css(shown, "summary")[0].text
                    self.assertIn(finding["title"], summary)
                    self.assertIn(finding["rule"], summary)
                    self.assertIn(finding["grade"], summary)
                self.assertEqual(len(css(self.driver, "details.cpu")), len(report["cpus"]))
                self.assertEqual(len(self.column("#tasks", 0)), len(report["tasks"]))

    def test_the_wait_graph_shows_the_deadlock(self):
        self.open("mutex-abba-6.1-lockdep")
        graph = css(self.driver, "svg#wait-graph")[0]
        hot = [node.text for node in css(graph, "g.hot text.label")]
        self.assertEqual(len([text for text in hot if text.startswith("rename_")]), 2, hot)
        self.assertEqual(len(css(graph, "path.edge.hot")), 4)
        self.assertGreater(len(css(self.driver, "svg#order-graph path.edge")), 1)
        for box in css(graph, ".box"):
            self.assertGreater(box.rect["width"], 20)

    def test_contexts_are_marked(self):
        self.open("inconsistent-6.1")
        stack = css(css(self.driver, "details.finding")[0], "ol.frames")[0]
        self.assertEqual([each.text.lower() for each in css(stack, "li.boundary")],
                         ["interrupt", "softirq"])
        self.assertIn("stats_event_callback", css(stack, "li.softirq.noted .function")[0].text)

    def test_a_click_sorts(self):
        report = self.open("mutex-abba-6.1-lockdep")
        pids = sorted(task["pid"] for task in report["tasks"])
        heading = css(self.driver, "#tasks th")[1]
        button = css(heading, "button")[0]
        for order, expected in (("descending", pids[::-1]), ("ascending", pids)):
            self.driver.execute_script("arguments[0].click()", button)
            self.assertEqual(heading.get_attribute("aria-sort"), order)
            self.assertEqual([int(text) for text in self.column("#tasks", 1)], expected)

    def test_a_click_opens_a_finding(self):
        self.open("inconsistent-6.1")
        second = css(self.driver, "details.finding")[1]
        self.assertFalse(css(second, ".body")[0].is_displayed())
        css(second, "summary")[0].click()
        self.assertTrue(css(second, ".body")[0].is_displayed())

    def test_a_link_opens_what_it_leads_to(self):
        self.open("inconsistent-6.1", "#finding-2")
        self.assertTrue(css(self.driver, "#finding-2 .body")[0].is_displayed())

    def test_it_is_readable_without_scripts(self):
        self.browser.scripts(False)
        self.addCleanup(self.browser.scripts, True)
        report = self.open("inconsistent-6.1")
        first, second = css(self.driver, "details.finding")[:2]
        self.assertIn("Fix", css(first, ".body")[0].text)
        self.assertFalse(css(self.driver, "th button"))
        css(second, "summary")[0].click()
        self.assertIn(report["findings"][1]["remedy"], css(second, ".body")[0].text)

    def test_light_and_dark(self):
        self.open("inconsistent-6.1")
        grounds = []
        for scheme in ("light", "dark"):
            self.browser.colours(scheme)
            body = css(self.driver, "body")[0]
            grounds.append(body.value_of_css_property("background-color"))
            self.assertNotEqual(grounds[-1], body.value_of_css_property("color"))
        self.assertNotEqual(*grounds)

    def test_nothing_is_loaded_and_nothing_complained_of(self):
        for name, path in self.pages.items():
            self.browser.complaints()
            self.open(name)
            for button in css(self.driver, "th button")[:5]:
                self.driver.execute_script("arguments[0].click()", button)
            asked = [url for url in self.browser.requests() if url != "about:blank"]
            self.assertEqual(asked, [f"file://{path}"])
            self.assertEqual(self.browser.complaints(), [])

    def test_the_policy_refuses_other_scripts(self):
        page = self.pages["inconsistent-6.1"]
        broken = page.with_name("broken.html")
        broken.write_text(page.read_text().replace(
            "<main>", "<main><script>document.title='taken over'</script>", 1))
        self.browser.open(broken)
        self.assertNotEqual(self.driver.title, "taken over")
        self.assertTrue(self.browser.complaints(), "the refusal is said on the console")


if __name__ == "__main__":
    unittest.main()
