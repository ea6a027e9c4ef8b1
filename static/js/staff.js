// Staff pages: NHS components where they are used. Every form works without this file.
// @ts-expect-error the file is copied here at set-up, without its types
import { initAll } from "/static/vendor/nhsuk.js";

document.documentElement.classList.add("nhsuk-frontend-supported");
document.body.classList.add("js-enabled", "nhsuk-frontend-supported");
initAll();
