import assert from "node:assert/strict";
import { test } from "node:test";

import { Stand } from "../../../static/js/appointment-stand.js";

const YOUNG = { role: "young_person", number: 1, done: new Set() };
const PARENT = { role: "parent", number: 1, done: new Set() };
const PEOPLE = ["young_person.1", "parent.1"];
const SAID = { ways: ["b", "a"], states: ["time"], questions: ["wait"] };

test("only what was put on the sheet is there, and the turn takes the rest along", () => {
  const stand = new Stand();
  stand.beginTurn(YOUNG);
  stand.want("some");
  stand.say(SAID);
  stand.settle(false);
  stand.beginTurn(PARENT);
  assert.deepEqual(stand.now, { much: "", ways: [], states: [], questions: [] });
  stand.say({ ...SAID, ways: ["a"] });
  stand.settle(true);
  stand.endTurn();
  assert.deepEqual(stand.shared(PEOPLE), [["parent.1", { ...SAID, much: "", ways: ["a"] }]]);
});

test("putting nothing there looks like keeping it to oneself", () => {
  const stand = new Stand();
  stand.beginTurn(YOUNG);
  stand.settle(true);
  assert.deepEqual(stand.shared(PEOPLE), []);
});

test("not today closes the choice, and taking the tick away opens it", () => {
  const stand = new Stand();
  stand.beginTurn(YOUNG);
  stand.say({ ...SAID, states: ["not-today", "talk"] });
  assert.equal(stand.isClosed, true);
  assert.deepEqual(stand.now.ways, []);
  assert.deepEqual(stand.now.questions, ["wait"]);
  stand.say(SAID);
  assert.equal(stand.isClosed, false);
  assert.deepEqual(stand.now.ways, ["b", "a"]);
});

test("it can be taken back, and all of it forgotten", () => {
  const stand = new Stand();
  stand.beginTurn(YOUNG);
  stand.say(SAID);
  stand.settle(true);
  stand.settle(false);
  assert.deepEqual(stand.shared(PEOPLE), []);
  stand.settle(true);
  stand.forget();
  assert.deepEqual(stand.shared(PEOPLE), []);
});
