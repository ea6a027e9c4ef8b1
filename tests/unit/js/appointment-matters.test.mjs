import assert from "node:assert/strict";
import { test } from "node:test";

import { MOST_WORDS, Matters } from "../../../static/js/appointment-matters.js";

const YOUNG = "young_person.1";
const PARENT = "parent.1";
const CARDS = ["better", "school", "private", "family", "soon", "stop"];
const PAIRS = [["private", "family"]];

function turn(matters, person, cards, { kept = [], words = "" } = {}) {
  matters.beginTurn(person);
  for (const card of cards) matters.toggle(card);
  for (const card of kept) matters.offer(card, false);
  if (words) matters.write(words);
  matters.settle();
}

const joint = (matters, people = [YOUNG, PARENT]) => matters.joint(people, CARDS, PAIRS);

test("up to five, and a sixth is refused", () => {
  const matters = new Matters();
  matters.beginTurn(YOUNG);
  for (const card of CARDS.slice(0, 5)) assert.equal(matters.toggle(card), true);
  assert.equal(matters.toggle("stop"), false);
  assert.equal(matters.toggle("better"), true);
  assert.equal(matters.toggle("stop"), true);
  assert.deepEqual(matters.chosen, ["school", "private", "family", "soon", "stop"]);
});

test("nobody's sheet is shown before everybody has looked", () => {
  const matters = new Matters();
  assert.equal(matters.isReady([]), false);
  turn(matters, YOUNG, ["better"]);
  assert.equal(joint(matters), null);
  matters.beginTurn(PARENT);
  matters.toggle("better");
  assert.equal(joint(matters), null);
  matters.settle();
  assert.deepEqual(joint(matters).same, [{ card: "better", people: [YOUNG, PARENT] }]);
});

test("a change after looking is looked at again", () => {
  const matters = new Matters();
  const changes = [
    () => matters.toggle("school"),
    () => matters.offer("better", false),
    () => matters.write("more"),
    () => matters.offerWords(false),
  ];
  for (const change of changes) {
    turn(matters, YOUNG, ["better"]);
    assert.equal(matters.isReady([YOUNG]), true);
    change();
    assert.equal(matters.isReady([YOUNG]), false);
  }
});

test("same, only one of us, and cards that pull different ways", () => {
  const matters = new Matters();
  turn(matters, YOUNG, ["private", "better"]);
  turn(matters, PARENT, ["family", "better"]);
  const sheet = joint(matters);
  assert.deepEqual(sheet.same, [{ card: "better", people: [YOUNG, PARENT] }]);
  assert.deepEqual(sheet.only, [
    { card: "private", people: [YOUNG] },
    { card: "family", people: [PARENT] },
  ]);
  assert.deepEqual(sheet.pulls, [[sheet.only[0], sheet.only[1]]]);
});

test("one person's two cards are no disagreement", () => {
  const matters = new Matters();
  turn(matters, YOUNG, ["private", "family"]);
  turn(matters, PARENT, []);
  assert.deepEqual(joint(matters).pulls, []);
});

test("holding back looks like not choosing, in each way of doing it", () => {
  const ways = [
    (matters) => turn(matters, YOUNG, []),
    (matters) => turn(matters, YOUNG, CARDS.slice(0, 5), { kept: CARDS.slice(0, 5) }),
    (matters) => {
      turn(matters, YOUNG, ["private"], { words: "only mine" });
      matters.settleNothing();
    },
    (matters) => {
      turn(matters, YOUNG, ["private"]);
      matters.beginTurn(YOUNG);
      matters.settleNothing();
    },
  ];
  const sheets = ways.map((way) => {
    const matters = new Matters();
    way(matters);
    turn(matters, PARENT, ["soon"]);
    return joint(matters);
  });
  for (const sheet of sheets) assert.deepEqual(sheet, sheets[0]);
  assert.deepEqual(sheets[0].only, [{ card: "soon", people: [PARENT] }]);
});

test("what was held back is gone with the turn", () => {
  const matters = new Matters();
  turn(matters, YOUNG, ["private", "better"], { kept: ["private"], words: "mine" });
  matters.endTurn();
  matters.beginTurn(YOUNG);
  assert.deepEqual(matters.chosen, []);
  assert.equal(matters.words, "");
  assert.equal(matters.isSettled, true);
  assert.deepEqual(matters.marks(), []);
  matters.startAgain();
  assert.equal(matters.isSettled, false);
});

test("one's own words are shown once and forgotten", () => {
  const matters = new Matters();
  turn(matters, YOUNG, [], { words: `  not again ${"x".repeat(MOST_WORDS)}` });
  const [shown] = joint(matters, [YOUNG]).words;
  assert.equal(shown.person, YOUNG);
  assert.ok(shown.words.startsWith("not again"));
  assert.ok(shown.words.length <= MOST_WORDS);
  matters.noteShown();
  assert.deepEqual(joint(matters, [YOUNG]).words, []);
});

test("marks are one's own in one's turn, and what everybody saw afterwards", () => {
  const matters = new Matters();
  turn(matters, YOUNG, ["private", "better"], { kept: ["private"] });
  assert.deepEqual(matters.marks(), ["private", "better"]);
  matters.beginTurn(PARENT);
  assert.deepEqual(matters.marks(), []);
  matters.endTurn();
  matters.noteShown();
  assert.deepEqual(matters.marks(), ["better"]);
});

test("everything is forgotten at once", () => {
  const matters = new Matters();
  turn(matters, YOUNG, ["better"], { words: "mine" });
  matters.noteShown();
  matters.forget();
  assert.deepEqual([matters.chosen, matters.words, matters.isShown, matters.marks()], [[], "", false, []]);
  assert.equal(matters.isReady([YOUNG]), false);
});
