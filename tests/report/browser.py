"""Opens the HTML report in Chromium, and uses it: from a file, and from `sagewarden serve`.

Enters: the program, the example estate, estates whose texts are hostile, a large one. Leaves: nothing,
or what was wrong: a console message, a request, markup that came from the estate, a filter or link that
does not do what it says, rows that a print leaves out silently, a page that would grow too large, and
what axe-core finds. Chromium is the one on PATH, and there must be one.
"""

import argparse
import contextlib
import json
import re
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

# Notebooks of the large estate; each has more than four findings.
MANY = 600

# Rows that a print holds.
PRINTED = 2000

# A page of 100,000 findings is to stay below ten megabytes.
BYTES_A_FINDING = 100

complaints = []


def expect(truth, text):
    if not truth:
        complaints.append(text)


def until(page, expression):
    """Waits until the expression holds. Playwright's own wait asks again from within the page, where the
    policy of the report rightly refuses text as code."""
    for _ in range(300):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(100)
    sys.exit(f"never true: {expression}")


def notebook(folder, index, **members):
    body = {
        "NotebookInstanceArn": f"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/nb-{index}",
        "NotebookInstanceName": f"nb-{index}",
        "NotebookInstanceStatus": "InService",
        "RoleArn": "arn:aws:iam::111122223333:role/lab",
        "DirectInternetAccess": "Enabled",
        "RootAccess": "Enabled",
        "CreationTime": "2026-03-02T09:30:00Z",
        "LastModifiedTime": "2026-11-20T08:00:00Z",
    }
    place = folder / "111122223333" / "eu-west-1"
    place.mkdir(parents=True, exist_ok=True)
    name = f"describe-notebook-instance--NotebookInstanceName={index}.json"
    (place / name).write_text(json.dumps(body | members))


def hostile_estate(folder):
    """Notebooks whose every free text is hostile, and a waiver."""
    for index, text in enumerate(HOSTILE):
        notebook(
            folder / "raw",
            index,
            NotebookInstanceArn=f"arn:aws:sagemaker:eu-west-1:111122223333:notebook-instance/{text}",
            NotebookInstanceName=text,
            RoleArn=f"arn:aws:iam::111122223333:role/{text}",
            SubnetId=text,
            KmsKeyId=text,
            DirectInternetAccess=text,
            RootAccess=text,
            NotebookInstanceLifecycleConfigName=text,
        )
    text = json.dumps(HOSTILE[0])
    waiver = f"""version: 1
waivers:
  - id: W<b>1
    controls: [NOTEBOOK.ROOT.001]
    match: {{ accounts: ["111122223333"] }}
    kind: mitigated
    reason: {text}
    owner: {text}
    ticket: {text}
    created: 2026-11-01
    expires: 2026-12-01
"""
    (folder / "w.yaml").write_text(waiver)
    return folder / "raw"


def hostile_example(folder):
    """The example, with hostile text behind every name of a role, policy, statement and tag, wherever
    it stands."""
    shutil.copytree(ROOT / "examples/acme", folder)
    files = [path for path in folder.rglob("*.json")]
    names = set()
    for path in files:
        names |= set(re.findall(r'"(?:RoleName|PolicyName|Sid|Value|VariantName)": "([\w-]{4,})"', path.read_text()))
    wanted = {name: name + HOSTILE[at % 3] for at, name in enumerate(sorted(names))}
    any_name = re.compile(r"(?<![\w-])(?:%s)(?![\w-])" % "|".join(map(re.escape, sorted(names, key=len, reverse=True))))
    for path in files:
        text = any_name.sub(lambda found: json.dumps(wanted[found[0]])[1:-1], path.read_text())
        json.loads(text)
        path.write_text(text)
    return folder


def report(program, folder, name, estate, *more):
    page = folder / f"{name}.html"
    command = [program, "check", str(estate), "--as-of", "2026-11-24", "--exit-zero", "-f", f"html={page}", *more]
    subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    return page.as_uri()


def opened(context, address, origin="file:"):
    page = context.new_page()
    page.on("console", lambda message: complaints.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
    page.on("dialog", lambda dialog: (complaints.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: expect(request.url.startswith(origin), f"request: {request.url}"))
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
    expect(again.is_hidden("main") and again.is_visible("#drawer-title"), "an open finding is not what is printed")
    again.keyboard.press("Escape")
    again.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(again.locator("#body .row").count() == total, "print does not show every row")
    expect(again.is_hidden(".top") and again.is_hidden("#filters"), "print shows what is to be clicked")
    expect("Show more" not in again.inner_text("#coverage"), "print folds what nobody looked at")
    expect(again.inner_text("#printed") == "", "print says that something is left out")
    for heading in ["once", "coverage", "map", "findings", "frameworks", "waivers", "trend"]:
        expect(again.is_visible(f"#{heading}-title"), f"print lacks `{heading}`")


def since(context, address):
    """What a baseline and earlier assessments add."""
    page = opened(context, address)
    total = int(page.get_attribute("html", "data-ready"))
    shown = lambda: int(page.inner_text("#shown").split(" of ")[0].replace(",", ""))
    for name in ["new", "overdue"]:
        page.check(f"#f-{name}")
        expect(0 < shown() < total, f"`{name}` shows {shown()} of {total}")
        page.uncheck(f"#f-{name}")
    rows = page.locator("#assessments tbody tr")
    expect(rows.count() == 3, f"the trend has {rows.count()} rows")
    expect("this page" in rows.nth(0).inner_text(), "the trend does not tell which assessment is shown")
    expect(page.locator("#trend svg path").count() > 1, "the trend has no lines")
    page.set_viewport_size({"width": 420, "height": 800})
    until(page, "document.querySelector('#trend svg').clientWidth < 420")


def large(context, address):
    """Only the rows in view are elements, and a print says what it leaves out."""
    page = opened(context, address)
    total = int(page.get_attribute("html", "data-ready"))
    size = Path(address.removeprefix("file://")).stat().st_size
    expect(total > PRINTED, f"the large estate has {total} findings")
    expect(size < BYTES_A_FINDING * total, f"{size} bytes for {total} findings")
    expect(page.locator("#body .row").count() < 100, "rows out of view are elements")
    page.evaluate("document.getElementById('body').scrollTop = 1e9")
    until(page, f"document.querySelector('#body .row:last-child').ariaRowIndex == {total + 1}")
    expect(page.locator("#body .row").count() < 100, "rows out of view are elements")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#body .row").count() == PRINTED, "print does not show the first rows")
    expect(f"{total - PRINTED:,} are not" in page.inner_text("#printed"), "print leaves rows out silently")
    page.select_option("#f-severity", "high")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect("Only severity high." in page.inner_text("#printed"), "print does not tell the filter")


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
    return page


@contextlib.contextmanager
def served(program, *arguments):
    """The address that `serve` prints, while it runs."""
    command = [program, "serve", "--listen", "127.0.0.1:0", *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def serves(context, program, folder):
    """The pages of a folder of snapshots, one to the other."""
    history = folder / "history"
    for day in ["2026-10-01", "2026-11-24"]:
        command = [program, "convert", "examples/acme", "-o", str(history / f"acme {day}"), "--as-of", day]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
    token = folder / "token"
    token.write_text("0123456789abcdef" * 2)
    with served(program, history, "--token-file", token) as address:
        origin = address.split("?")[0]
        page = opened(context, address, origin)
        expect(page.url == origin, f"the token stays in the address {page.url}")
        expect("2026-11-24" in page.inner_text("#about"), "the latest snapshot is not what opens")
        for _ in range(100):
            if page.locator("#assessments a").count():
                break
            page.wait_for_timeout(200)
            page.reload()
            page.wait_for_selector("html[data-ready]")
        page.click("#assessments a")
        page.wait_for_selector("html[data-ready]")
        expect("2026-10-01" in page.inner_text("#about"), "the link of the trend opens another snapshot")
        expect("/at/" in page.url, f"the snapshot's page is {page.url}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    program = parser.parse_args().program
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit("no Chromium is on PATH, so that the report cannot be opened; on Debian `apt-get install chromium` brings it")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        acme = ROOT / "examples/acme"
        earlier = []
        for day in ["2026-09-15", "2026-10-20"]:
            earlier += ["--trend", str(folder / f"{day}.json")]
            command = [program, "check", str(acme), "--as-of", day, "--exit-zero", "-q", "-f", f"json={earlier[-1]}"]
            subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        baseline = folder / "b.jsonl"
        command = [program, "baseline", "create", str(baseline), str(acme), "--as-of", "2026-09-15"]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        # What was not there before is new.
        known = baseline.read_text().splitlines(keepends=True)
        baseline.write_text("".join(known[:-9]))
        example = report(program, folder, "example", acme, *earlier)
        hostile = report(program, folder, "hostile", hostile_estate(folder), "--waivers", str(folder / "w.yaml"))
        everywhere = report(program, folder, "everywhere", hostile_example(folder / "acme"), "--keep-going")
        for index in range(MANY):
            notebook(folder / "many", index)
        chromium = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        use(chromium.new_context(), example)
        since(chromium.new_context(), report(program, folder, "since", acme, "--baseline", str(baseline), *earlier))
        large(chromium.new_context(), report(program, folder, "large", folder / "many"))
        page = unhurt(chromium.new_context(), hostile)
        expect("<img src=x" in page.inner_text("#waiver-table"), "the waiver's text is not shown as text")
        page = unhurt(chromium.new_context(), everywhere)
        expect("<img src=x" in page.inner_text("main"), "the roles' names are not shown as text")
        serves(chromium.new_context(), program, folder)
        for theme in ["light", "dark"]:
            for width in [390, 820, 1440]:
                size = {"width": width, "height": 900}
                # axe-core itself is a script that the policy would refuse.
                accessible(chromium.new_context(color_scheme=theme, viewport=size, bypass_csp=True), example)
        chromium.close()
    for complaint in complaints[:40]:
        print(complaint, file=sys.stderr)
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
