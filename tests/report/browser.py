"""Opens the HTML report in Chromium, and uses it.

Enters: the program, the example estate, an estate whose every text is hostile. Leaves: nothing, or
what was wrong: a console message, a request, markup that came from the estate, a filter or link that
does not do what it says, and what axe-core finds. Chromium is the one on PATH.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ["chromium", "chromium-browser", "google-chrome"]

HOSTILE = [
    "<img src=x onerror=\"window.hit=1\">",
    "</script><script>window.hit=1</script>",
    "\"><svg onload=window.hit=1>",
    "javascript:window.hit=1",
    "{{7*7}}${7*7}<!--",
    "`onmouseover=window.hit=1`",
    "\u2028\u2029\u202e\u0000",
]

complaints = []


def expect(truth, text):
    if not truth:
        complaints.append(text)


def hostile_estate(folder):
    place = folder / "raw" / "111122223333" / "eu-west-1"
    place.mkdir(parents=True)
    for index, text in enumerate(HOSTILE):
        body = {
            "NotebookInstanceArn": f"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/{text}",
            "NotebookInstanceName": text,
            "NotebookInstanceStatus": "InService",
            "RoleArn": f"arn:aws:iam::111122223333:role/{text}",
            "SubnetId": text,
            "DirectInternetAccess": text,
            "RootAccess": text,
            "NotebookInstanceLifecycleConfigName": text,
            "CreationTime": "2026-03-02T09:30:00Z",
            "LastModifiedTime": "2026-11-20T08:00:00Z",
        }
        (place / f"describe-notebook-instance--NotebookInstanceName={index}.json").write_text(json.dumps(body))
    waiver = "version: 1\nwaivers:\n  - id: W<b>1\n    controls: [NOTEBOOK.ROOT.001]\n    match: {{ accounts: [\"111122223333\"] }}\n    kind: mitigated\n    reason: {0}\n    owner: {0}\n    created: 2026-11-01\n    expires: 2026-12-01\n"
    (folder / "w.yaml").write_text(waiver.format(json.dumps(HOSTILE[0])))
    return folder / "raw"


def report(program, folder, name, estate, *more):
    page = folder / f"{name}.html"
    command = [program, "check", str(estate), "--as-of", "2026-11-24", "--exit-zero", "-f", f"html={page}", *more]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return page.as_uri()


def opened(context, address):
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: expect(request.url.startswith("file:"), f"request: {request.url}"))
    page.goto(address)
    page.wait_for_selector("html[data-ready]")
    return page


def use(context, address):
    """Every filter, the drawer, the keyboard, a deep link, print."""
    page = opened(context, address)
    total = int(page.get_attribute("html", "data-ready"))
    shown = lambda: int(page.inner_text("#shown").split(" of ")[0].replace(",", ""))
    expect(shown() == total > 0, f"{shown()} of {total} rows without a filter")
    for name in ["verdict", "severity", "control", "kind", "account", "region"]:
        values = page.eval_on_selector_all(f"#f-{name} option", "options => options.map(o => o.value).filter(Boolean)")
        parts = []
        for value in values:
            page.select_option(f"#f-{name}", value)
            parts.append(shown())
            expect(f"{name}=" in page.evaluate("location.href"), f"{name} is not in the address")
        expect(sum(parts) == total, f"the parts of {name} are {parts}, of {total}")
        page.click("#f-clear")
    page.keyboard.press("/")
    page.keyboard.type("admin notebook")
    expect(0 < shown() < total, f"the search shows {shown()}")
    page.click("#f-clear")
    page.click("#once-list .link >> nth=0")
    expect(0 < shown() < total, f"a cause shows {shown()}")
    page.click("#f-clear")
    page.focus("#body")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    title = page.inner_text("#drawer-title")
    expect(page.evaluate("document.activeElement.id") == "close", "the drawer does not take the focus")
    link = page.evaluate("location.href")
    page.keyboard.press("Escape")
    expect(page.is_hidden("#drawer"), "Escape does not close the drawer")
    again = opened(context, link)
    expect(again.inner_text("#drawer-title") == title, f"the link opens {again.inner_text('#drawer-title')}, not {title}")
    again.emulate_media(media="print")
    again.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(again.locator("#body .row").count() >= min(total, 100), "print does not show the rows")
    expect(again.is_hidden(".top"), "print shows the bar")


def accessible(context, address):
    page = opened(context, address)
    for drawer in [False, True]:
        if drawer:
            page.focus("#body")
            page.keyboard.press("Enter")
        for violation in Axe().run(page).response["violations"]:
            complaints.append(f"axe {violation['id']}: {violation['nodes'][0]['html'][:200]}")


def unhurt(context, address):
    page = opened(context, address)
    rows = min(int(page.get_attribute("html", "data-ready")), 40)
    page.focus("#body")
    for _ in range(rows):
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowDown")
    expect(page.evaluate("window.hit") is None, "text from the estate ran")
    for tag in ["img", "iframe", "script:not(:last-of-type):not([type])", "svg[onload]", "main b b"]:
        expect(page.locator(tag).count() == 0, f"the estate made an element `{tag}`")
    expect("<img src=x" in page.inner_text("#waiver-table"), "the waiver's text is not shown as text")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    program = parser.parse_args().program
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("    no Chromium is on PATH, so that the report is not opened (Debian: apt-get install chromium)")
        return
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        example = report(program, folder, "example", ROOT / "examples/acme")
        hostile = report(program, folder, "hostile", hostile_estate(folder), "--waivers", str(folder / "w.yaml"))
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        use(chromium.new_context(), example)
        unhurt(chromium.new_context(), hostile)
        for theme in ["light", "dark"]:
            for width in [390, 1440]:
                size = {"width": width, "height": 900}
                # axe-core itself is a script that the policy would refuse.
                accessible(chromium.new_context(color_scheme=theme, viewport=size, bypass_csp=True), example)
        chromium.close()
    for complaint in complaints[:40]:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
