// The id of an encounter is made by the device. Without this file the one from the server holds.
const field = /** @type {HTMLInputElement | null} */ (document.querySelector("[data-encounter-id]"));

function renew() {
  if (field) field.value = crypto.randomUUID();
}

renew();

// A page that the browser brings back from its memory is a new appointment, not the last one.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) renew();
});
