import assert from "node:assert/strict";
import { test } from "node:test";

import { Idle } from "../../../static/js/appointment-idle.js";
import { StoppedClock } from "./stand-ins.mjs";

function watched(seconds = 180) {
  const clock = new StoppedClock();
  const told = [];
  const idle = new Idle({ clock, tell: (happened) => told.push(happened) });
  idle.watch(seconds);
  return { clock, told, idle };
}

test("asks, covers, and lets go after ten minutes more", () => {
  const { clock, told } = watched();
  clock.advance(179_999);
  assert.deepEqual(told, []);
  clock.advance(1);
  assert.deepEqual(told, ["ask"]);
  clock.advance(30_000);
  assert.deepEqual(told, ["ask", "cover"]);
  clock.advance(599_999);
  assert.deepEqual(told, ["ask", "cover"]);
  clock.advance(1);
  assert.deepEqual(told, ["ask", "cover", "end"]);
});

test("a tap puts it off as often as somebody likes", () => {
  const { clock, told, idle } = watched();
  for (let time = 0; time < 5; time += 1) {
    clock.advance(180_000);
    idle.touch();
  }
  assert.deepEqual(told, Array(5).fill(["ask", "stay"]).flat());
  clock.advance(179_999);
  assert.equal(idle.state, "watching");
});

test("under the cover a tap is nobody's; holding brings the same person back", () => {
  const { clock, told, idle } = watched();
  idle.cover();
  idle.touch();
  assert.equal(idle.state, "covered");
  clock.advance(599_000);
  idle.uncover();
  clock.advance(179_000);
  assert.deepEqual(told, ["cover"]);
});

test("a tablet that slept through all of it is asked nothing", () => {
  const { clock, told, idle } = watched();
  const wake = clock.advance.bind(clock, (180 + 30 + 600) * 1_000);
  wake();
  idle.check();
  assert.deepEqual(told, ["ask", "cover", "end"]);
  assert.equal(clock.next(), null);
});

test("nothing is watched where nothing could be seen", () => {
  const { clock, told, idle } = watched(0);
  idle.cover();
  clock.advance(10_000_000);
  assert.deepEqual(told, []);
});
