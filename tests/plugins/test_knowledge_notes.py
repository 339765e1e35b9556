"""The notes that come along: many, in two languages, and found by what people would ask."""

import re

import pytest

from plugins.knowledge.folders import SHIPPED
from plugins.knowledge.library import Library
from plugins.knowledge.links import LINK
from plugins.knowledge.vault import Root


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return Library(tmp_path_factory.mktemp("index") / "index.sqlite3", (Root(SHIPPED),))


def test_there_are_many_and_a_third_is_chinese(library):
    notes = library.find("*", limit=100).notes
    chinese = [note for note in notes if len(re.findall("[\u4e00-\u9fff]", note.text)) > 100]
    assert len(notes) >= 44
    assert len(chinese) * 3 >= len(notes)


def test_every_link_leads_to_a_note(library):
    for note in library.find("*", limit=100).notes:
        for link in LINK.finditer(note.text):
            assert library.named(link["name"]), f"{note.path}: {link[0]}"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ("红烧肉要炖多久？", "菜谱/红烧肉.md"),
        ("报税要准备什么", "生活/个税年度汇算.md"),
        ("签证 在职证明", "旅行/日本签证材料清单.md"),
        ("猫打疫苗", "生活/猫的体检与疫苗.md"),
        ("绿茶用几度的水", "菜谱/泡茶水温与时间.md"),
        ("年终奖 单独计税", "生活/个税年度汇算.md"),
        ("espresso grinder setting for decaf", "recipes/espresso-grinder-settings.md"),
        ("database migration rollback", "work/database-migration-runbook.md"),
        ("why was there an outage in March", "work/postmortem-order-queue-outage.md"),
        ("when do I plant tulips", "garden/bulbs-planting-plan.md"),
        ("boiler error F28", "home/boiler-maintenance.md"),
        ("tyre pressure of the bicycle", "home/bicycle-maintenance.md"),
    ],
)
def test_people_find_what_they_ask_for(library, query, path):
    assert library.find(query).notes[0].path == path
