// How full each box is while somebody types. Words travel to be measured and are forgotten there;
// nothing is kept here either. Without this script "See if it fits" says the same.

const PAUSE = 1200;
const form = document.querySelector("[data-profile]");
const words = form.dataset;
let timer = 0;
let asking = null;

function roomWords(box) {
  if (box.lines_over === 1) return words.overOne;
  if (box.lines_over) return words.overMany.replace("{n}", String(box.lines_over));
  if (!box.percent) return words.empty;
  if (box.percent < 40) return words.plenty;
  return box.percent < 75 ? words.half : words.nearly;
}

function show(box) {
  const prompt = form.querySelector(`[data-prompt="${box.prompt}"]`);
  prompt.classList.toggle("prompt--over", box.lines_over > 0);
  prompt.querySelector("[data-meter]").value = Math.min(box.percent, 100);
  prompt.querySelector("[data-room]").textContent = roomWords(box);
  prompt.querySelector("[data-over]").hidden = box.lines_over === 0;
  prompt.querySelector("[data-over-words]").textContent = box.words_over;
}

function say(sentence) {
  const state = form.querySelector("[data-state]");
  if (state.textContent !== sentence) state.textContent = sentence;
}

async function check() {
  asking?.abort();
  asking = new AbortController();
  try {
    const answer = await fetch(words.check, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      signal: asking.signal,
      cache: "no-store",
    });
    if (!answer.ok) return;
    const { fits, boxes } = await answer.json();
    boxes.forEach(show);
    say(fits ? words.allFit : words.someOver);
  } catch {
    // Left the page, typed on, or no network: the next pause asks again.
  }
}

function soon() {
  clearTimeout(timer);
  timer = setTimeout(check, PAUSE);
}

form.addEventListener("input", soon);
form.addEventListener("change", soon);
