"""The desk: what is counted, what is shown, and what two looks give away."""

from __future__ import annotations

import random
import re
from collections import defaultdict
from datetime import date, timedelta
from itertools import product
from xml.etree import ElementTree

import pytest
from fixtures.desk import HIGH, LOW, NINE, Given, add, void
from fixtures.encounters import study_document
from fixtures.service import START, Clock
from fixtures.staff import MadeStaff, make_staff, sign_in
from sqlmodel import select
from starlette.testclient import TestClient

from app.db import sessions
from app.db.engine import Database
from app.db.queries import desk as queries
from app.db.tables import AuditEvent, Response, Study
from app.domain.access import Role
from app.services import desk_counts, studies
from app.web.nightly import Nightly
from app.web.service import Service
from collaborate_survey import Slice, score_slices

FIRST = date(2026, 11, 1)


@pytest.fixture
def researcher(client: TestClient, database: Database) -> MadeStaff:
    staff = make_staff(database, roles=[Role.RESEARCHER], teams=[])
    sign_in(client, staff)
    return staff


def many(count: int, top: int, **where: str) -> list[Given]:
    """``count`` answer sets of which ``top`` are the highest, over four practitioners."""
    return [
        Given(HIGH if at < top else LOW, practitioner=f"p-{at % 4:02d}", **where)
        for at in range(count)
    ]


def count(database: Database, *, hours: int = 0) -> desk_counts.Counted:
    counted = desk_counts.count_answers(database, by="system", now=START + timedelta(hours=hours))
    assert counted is not None
    return counted


def install(database: Database, **changes: object) -> None:
    document = study_document(("baseline", FIRST, None), **changes)
    with sessions.write(database) as db:
        studies.install_study(db, document=document, by="system", now=START)


def cells(database: Database, study: str = "default") -> dict[tuple[str, str], dict[str, int]]:
    with sessions.read(database) as db:
        kind = queries.list_kinds(db, study)[0][0]
        return {(c.team_id, c.phase): c.counts for c in queries.list_cells(db, kind)}


def main_of(client: TestClient, path: str = "/research") -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    text = answer.text
    return text[text.index("<main") : text.index("</main>")]


# --- what is counted ------------------------------------------------------------------------


def test_cells_equal_the_scores_of_the_answers_themselves(database: Database) -> None:
    draw, given = random.Random(7), []
    for _ in range(600):
        changes = {
            "respondent": draw.choice(["young_person", "parent_self"]),
            "mode": draw.choice(["tablet_handed_over", "own_phone"]),
            "late": draw.random() < 0.1,
            "helped_by": ["parent"] if draw.random() < 0.1 else [],
            "interpreter": draw.choice(["none"] * 9 + ["professional"]),
        }
        values = tuple(draw.choice([9, 9, 9, 8, -98 if draw.random() < 0.1 else 7]) for _ in "abc")
        phase = draw.choice(["baseline", "with_grid"])
        given.append(Given(values, draw.choice(["north", "south"]), phase, changes=changes))
    add(database, given)
    assert count(database).answers == 600
    expected = defaultdict(list)
    for entry in given:
        changes = entry.changes or {}
        if changes["late"] or changes["helped_by"] or changes["interpreter"] != "none":
            continue
        key = Slice(NINE, "1", "", changes["respondent"], "after", entry.phase, changes["mode"])
        expected[entry.team].append(
            (key, dict(zip(("explain", "listen", "include"), entry.values, strict=True)))
        )
    checked = 0
    with sessions.read(database) as db:
        for kind, _ in queries.list_kinds(db, "default"):
            for cell in queries.list_cells(db, kind):
                key = Slice(NINE, "1", "", kind.respondent, "after", cell.phase, kind.mode)
                score = score_slices(expected[cell.team_id])[key]
                checked += 1
                assert (cell.counts is not None) == (score.complete >= 25)
                if cell.counts is not None:
                    found = [cell.counts[name] for name in ("complete", "top", "total")]
                    assert found == [
                        score.complete,
                        score.top,
                        round(score.mean * 3 * score.complete),
                    ]
    assert checked == 16


def test_two_parents_of_one_appointment_are_one_appointment(database: Database) -> None:
    given = many(24, 12)
    add(database, [*given, Given(HIGH, encounter_id="e-1"), Given(HIGH, encounter_id="e-1")][1:])
    count(database)
    assert cells(database) == {("north", "baseline"): None}
    add(database, [Given(LOW)])
    count(database, hours=1)
    shown = cells(database)["north", "baseline"]
    assert (shown["complete"], shown["appointments"]) == (26, 25)


def test_what_is_not_in_the_primary_set_is_in_the_flow(database: Database) -> None:
    odd = [
        Given(HIGH, changes={"late": True}),
        Given(HIGH, changes={"helped_by": ["parent"]}),
        Given(HIGH, changes={"interpreter": "professional"}),
        Given((9, 9, -98)),
        Given((-94, -94, -94), changes={"reason": "declined"}),
        Given((9, -99, -99), changes={"state": "interrupted"}),
    ]
    ids = add(database, [*many(30, 10), *odd, Given(HIGH)])
    void(database, ids[-1])
    count(database)
    assert cells(database)["north", "baseline"]["complete"] == 30
    with sessions.read(database) as db:
        flow = queries.list_flows(db, "default")[0]
    assert flow.appointments == 36
    assert flow.forms == {
        "primary": 30,
        "complete_other": 3,
        "item_missing": 1,
        "declined": 1,
        "interrupted": 1,
    }


def test_a_simulated_study_comes_back_within_its_intervals(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    """Twelve practitioners, 30 per cent before and 55 with grids: the screen says about 25."""
    draw, given = random.Random(11), []
    for phase, share in (("baseline", 0.30), ("with_grid", 0.55)):
        for at in range(360):
            values = HIGH if draw.random() < share else LOW
            given.append(Given(values, phase=phase, practitioner=f"p-{at % 12:02d}"))
    add(database, given)
    count(database)
    with sessions.read(database) as db:
        kind = queries.list_kinds(db, "default")[0][0]
        change = queries.find_comparison(db, kind, "change")
    assert change is not None
    assert change["clusters"] == 12
    for name in ("model", "widened", "plain"):
        value, low, high = change[name]
        assert low < 0.25 < high
        assert low < value < high
    page = main_of(client)
    assert f"a difference of +{round(100 * change['model'][0])} percentage points" in page
    assert "seldom come about by chance alone" in page
    assert "12 practitioners were allowed for by a model" in page


# --- what is shown --------------------------------------------------------------------------


def test_under_25_appointments_nothing_is_shown(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    add(database, many(24, 12))
    count(database)
    page = main_of(client)
    assert "too few answers to show" in page
    assert "50%" not in page
    add(database, many(1, 1))
    count(database, hours=1)
    page = main_of(client)
    assert "13 of 25" in page
    assert "<strong>52%</strong></td><td>33 to 70%" in page
    assert "not for ranking" in page


def test_an_embargo_leaves_only_completeness(
    client: TestClient, database: Database, researcher: MadeStaff, clock: Clock
) -> None:
    make_staff(database)
    install(database, embargo_until="2026-11-24")
    add(database, many(30, 10), study="winter-2026")
    count(database)
    page = main_of(client)
    assert "Results are closed until the end of 24 November 2026" in page
    assert "Completeness by team" in page
    for path in ("/research", "/research/share", "/research/share/shares.csv"):
        text = client.get(path).text
        assert "33%" not in text
        assert ",33," not in text
    with sessions.read(database) as db:
        assert db.get_one(Study, "winter-2026").first_looked_at is None
    clock.pass_time(days=2)
    sign_in(client, researcher, now=clock())
    assert "10 of 30" in main_of(client)
    with sessions.read(database) as db:
        assert db.get_one(Study, "winter-2026").first_looked_at == clock()


def test_practice_answers_are_never_beside_the_measure(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    practice = {"instrument_id": "effort-practice", "environment": "training"}
    add(database, many(30, 10))
    add(database, [Given(HIGH, changes=practice) for _ in range(40)])
    count(database)
    page = main_of(client)
    words = re.findall(r'<option value="([^"]*~[^"]*)"', page)
    assert [w.split("~")[0] for w in words] == ["collaborate-0-9", "effort-practice"]
    shown = {"collaborate-0-9": "10 of 30", "effort-practice": "40 of 40"}
    for value, own in zip(words, shown.values(), strict=True):
        page = main_of(client, f"/research?words={value}")
        assert [text in page for text in shown.values()] == [own == t for t in shown.values()]
        assert ("Practice measure." in page) == value.startswith("effort-practice")


def test_pairs_say_that_the_first_answer_is_about_another_appointment(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    before = {"occasion": "before", "referent": "other_service"}
    pairs = []
    for at in range(30):
        first, second = (LOW if at < 20 else HIGH), (HIGH if at < 22 else LOW)
        pairs += [Given(first, encounter_id=f"e-{at}", changes=before)]
        pairs += [Given(second, encounter_id=f"e-{at}")]
    add(database, pairs)
    count(database)
    page = main_of(client)
    assert "it is not an effect of today" in page
    row = page[page.index("Anybody") : page.index("The same person")]
    assert re.findall(r"<td>([^<]*)</td>", row) == [
        "1 to 7", "10", "20", "0", "+40 (+6 to +66)",
    ]  # fmt: skip
    assert "too few pairs to show" in page


# --- what two looks give away ---------------------------------------------------------------


def figures(client: TestClient) -> dict[str, str]:
    """Everything that the desk says of results to whoever asks in every way there is."""
    asked = ["/research", "/research/share", "/research/share/shares.csv"]
    queries_ = ["", "?respondent=young_person", "?respondent=parent_self&mode=own_phone"]
    queries_ += ["?occasion=before", "?team=north", "?from_on=2026-11-20&to_on=2026-11-21"]
    queries_ += ["?practitioner=p-01"]
    found = {}
    for path, query in product(asked, queries_):
        text = client.get(path + query).text
        text = re.sub(r"Counted on [^.<]*", "", text)
        found[path + query] = text.split('aria-labelledby="complete"')[0]
    return found


def test_one_more_answer_changes_no_figure_and_eight_do(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    add(database, [*many(40, 16), *many(40, 20, phase="with_grid")])
    count(database)
    seen = figures(client)
    for step in range(1, 8):
        add(database, [Given(HIGH)])
        count(database, hours=step)
    assert figures(client) == seen
    add(database, [Given(HIGH)])
    count(database, hours=8)
    later = figures(client)
    assert "16 of 40" in seen["/research?team=north"]
    assert "24 of 48" in later["/research?team=north"]


def test_an_appointment_that_is_voided_changes_no_figure(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    ids = add(database, many(40, 16))
    count(database)
    seen = figures(client)
    void(database, ids[0])
    count(database, hours=1)
    assert figures(client) == seen


def test_a_team_that_is_not_shown_is_not_in_any_total(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    shown = [*many(40, 16), *many(60, 30, phase="with_grid")]
    hidden = [*many(20, 20, team="south"), *many(70, 70, team="south", phase="with_grid")]
    add(database, shown)
    count(database)
    alone = main_of(client)
    add(database, hidden)
    count(database, hours=1)
    beside = main_of(client)
    said = re.compile(r'<p class="said">(.*?)</p>', re.S)
    assert said.findall(alone) == said.findall(beside)
    with sessions.read(database) as db:
        change = queries.find_comparison(db, queries.list_kinds(db, "default")[0][0], "change")
    assert change is not None
    assert (change["teams"], change["first"], change["second"]) == (["north"], [16, 40], [30, 60])


def test_no_choice_cuts_a_slice_in_two(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    add(database, many(40, 16))
    count(database)
    found = figures(client)
    for query in ("?team=north", "?from_on=2026-11-20&to_on=2026-11-21", "?practitioner=p-01"):
        assert found[f"/research{query}"] == found["/research?respondent=young_person"]


def test_every_answer_is_in_exactly_one_cell(database: Database) -> None:
    modes = ("tablet_handed_over", "own_phone")
    given = [
        Given(HIGH, team, phase, changes={"mode": mode, "respondent": who})
        for team, phase, mode, who in product(
            ("north", "south"), ("baseline", "with_grid"), modes, ("young_person", "parent_self")
        )
        for _ in range(25)
    ]
    add(database, given)
    count(database)
    with sessions.read(database) as db:
        kinds = [kind for kind, _ in queries.list_kinds(db, "default")]
        found = [c.counts["complete"] for k in kinds for c in queries.list_cells(db, k) if c.counts]
        stored = len(db.exec(select(Response.id)).all())
    assert (len(found), sum(found)) == (16, stored)


def test_what_must_not_be_shown_is_not_kept(database: Database) -> None:
    add(database, many(24, 24))
    count(database)
    assert cells(database) == {("north", "baseline"): None}


# --- what leaves ----------------------------------------------------------------------------


def test_what_leaves_is_rounded_and_small_numbers_are_taken_out(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    add(database, [*many(312, 128), *many(40, 4, phase="with_grid")])
    count(database)
    answer = client.get("/research/share/shares.csv")
    assert answer.headers["content-disposition"] == 'attachment; filename="shares.csv"'
    assert answer.text.splitlines()[1:] == [
        "north,baseline,young_person,tablet_handed_over,315,130,41,36,47,30,52",
        "north,with_grid,young_person,tablet_handed_over,redacted,redacted,,,,,",
    ]
    page = main_of(client, "/research/share")
    assert "130 of 315" in page
    assert "128 of 312" not in page
    assert "Rounded to leave the service." in page
    drawing = client.get("/research/share/shares.svg")
    assert drawing.headers["content-type"] == "image/svg+xml"
    root = ElementTree.fromstring(drawing.text.strip())
    texts = ["".join(node.itertext()) for node in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "41%" in texts
    assert "Baseline n = 315" in texts


# --- who, and what is written down ----------------------------------------------------------


def test_every_look_is_in_the_log(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    add(database, many(30, 10))
    count(database)
    client.get("/research?respondent=young_person")
    client.get("/research/share")
    client.get("/research/share/shares.svg")
    with sessions.read(database) as db:
        query = select(AuditEvent).where(AuditEvent.kind.startswith("results_"))  # type: ignore[attr-defined]
        events = db.exec(query.order_by(AuditEvent.seq)).all()
    assert [(e.kind, e.actor == researcher.id, e.subject) for e in events] == [
        ("results_counted", False, "service"),
        ("results_viewed", True, "default"),
        ("results_viewed", True, "default"),
        ("results_taken", True, "default"),
    ]
    assert b'"slice":"young_person"' in events[1].entry
    assert b'"tier":"leaving"' in events[2].entry


@pytest.mark.parametrize("role", [Role.PRACTITIONER, Role.APPROVER, Role.ADMINISTRATOR])
def test_others_see_no_results(client: TestClient, database: Database, role: Role) -> None:
    sign_in(client, make_staff(database, roles=[role]))
    for path in (
        "/research",
        "/research/share",
        "/research/share/shares.csv",
        "/research/eligible",
    ):
        assert client.get(path).status_code == 403


def test_counting_now_rests_between_two_counts(
    client: TestClient, database: Database, researcher: MadeStaff, clock: Clock
) -> None:
    add(database, many(30, 10))
    assert "No complete answer has been counted yet" in main_of(client)
    client.post("/research/count")
    add(database, many(30, 10, phase="with_grid"))
    client.post("/research/count")
    assert "With grids" not in main_of(client)
    clock.pass_time(minutes=2)
    client.post("/research/count")
    assert "With grids" in main_of(client)


def test_somebody_who_counts_meanwhile_is_not_overwritten(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(database, many(30, 10))
    whole = queries.list_appointments

    def meanwhile(db: object) -> object:
        monkeypatch.setattr(queries, "list_appointments", whole)
        count(database)
        return whole(db)  # type: ignore[arg-type]

    monkeypatch.setattr(queries, "list_appointments", meanwhile)
    assert desk_counts.count_answers(database, by="system", now=START) is None


def test_the_night_counts(service: Service, database: Database, clock: Clock) -> None:
    add(database, many(30, 10))
    Nightly(service).look()
    assert cells(database)["north", "baseline"]["top"] == 10
    add(database, many(10, 10))
    Nightly(service).look()
    assert cells(database)["north", "baseline"]["complete"] == 30
    clock.pass_time(days=1)
    Nightly(service).look()
    assert cells(database)["north", "baseline"]["complete"] == 40


def test_answers_that_are_gone_are_in_no_count(database: Database) -> None:
    ids = add(database, many(30, 10))
    count(database)
    with sessions.write(database) as db:
        for id_ in ids:
            db.delete(db.get_one(Response, id_))
    count(database, hours=1)
    with sessions.read(database) as db:
        assert queries.list_kinds(db, "default") == ()


# --- eligible appointments ------------------------------------------------------------------


def test_a_week_is_typed_in_and_gives_the_response_rate(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    make_staff(database)
    install(database)
    add(database, many(30, 10), study="winter-2026")
    count(database)
    assert "no response rate over all" in main_of(client)
    week = {"team": "north", "week_on": "2026-11-02", "appointments": "60"}
    assert client.post("/research/eligible", data=week, follow_redirects=False).status_code == 303
    page = main_of(client)
    assert "no response rate over all" not in page
    assert "<td>50%</td></tr>" in page


def test_a_week_that_cannot_be_is_refused_with_what_was_typed(
    client: TestClient, database: Database, researcher: MadeStaff
) -> None:
    make_staff(database)
    week = {"team": "east", "week_on": "2026-11-03", "appointments": "-4"}
    answer = client.post("/research/eligible", data=week)
    assert answer.status_code == 422
    for words in ("Choose a team", "Give the Monday", "Give a whole number", 'value="-4"'):
        assert words in answer.text


def test_a_study_that_is_not_there_is_not_found(client: TestClient, researcher: MadeStaff) -> None:
    assert client.get("/research?study=nobody").status_code == 404
