"""pyproject.toml says which version this is; what else tells it agrees."""

import re
import tomllib

import yaml

from s3f_pipeline.config.loader import PROJECT

VERSION = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["version"]
SECTION = re.compile(r"^## \[(?P<version>[^]]+)\](?: - (?P<date>\d{4}-\d\d-\d\d))?$", re.MULTILINE)


def test_the_changelog_begins_with_what_is_unreleased_and_with_this_version():
    sections = [match.groupdict() for match in SECTION.finditer((PROJECT / "CHANGELOG.md").read_text())]
    assert sections[0] == {"version": "Unreleased", "date": None}
    assert sections[1]["version"] == VERSION
    dates = [section["date"] for section in sections[1:]]
    assert all(dates)
    assert dates == sorted(dates, reverse=True)


def test_the_citation_is_of_this_version():
    citation = yaml.safe_load((PROJECT / "CITATION.cff").read_text())
    released = SECTION.findall((PROJECT / "CHANGELOG.md").read_text())[1]
    assert (citation["version"], str(citation["date-released"])) == released


def test_no_module_repeats_the_version():
    repeated = re.compile(r"^__version__|[\"']" + re.escape(VERSION) + r"[\"']", re.MULTILINE)
    modules = (PROJECT / "src").rglob("*.py")
    assert not [path for path in modules if repeated.search(path.read_text())]
