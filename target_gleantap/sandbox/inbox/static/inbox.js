/* Keeps an open page in step with what arrives: the server says that something has changed, and
   the page is asked for again; what differs in its live parts is put in place, row by row. */
(() => {
  "use strict";
  const connection = document.getElementById("connection");
  const pause = document.getElementById("pause");
  let paused = false;
  let stale = false;
  let busy = false;

  const say = (words) => {
    if (connection.textContent !== words) connection.textContent = words;
  };

  const key = (element) => element.dataset.key ?? element.id;

  function put(old, fresh) {
    if (old.isEqualNode(fresh)) return;
    const keyed = [...fresh.children].every(key) && fresh.children.length > 0;
    if (!keyed || ![...old.children].every(key)) {
      if (!old.contains(document.activeElement)) old.replaceWith(document.importNode(fresh, true));
      return;
    }
    const before = new Map([...old.children].map((child) => [key(child), child]));
    let place = old.firstElementChild;
    for (const child of [...fresh.children]) {
      const known = before.get(key(child));
      before.delete(key(child));
      let row = known;
      if (!known || !same(known, child)) {
        const focused = known && known.contains(document.activeElement);
        if (!focused) {
          row = document.importNode(child, true);
          if (!known) row.classList.add("fresh");
          if (known) {
            if (place === known) place = row;
            known.replaceWith(row);
          }
        }
      }
      if (row === place) place = place.nextElementSibling;
      else old.insertBefore(row, place);
    }
    for (const gone of before.values()) gone.remove();
  }

  const same = (one, other) => {
    if (!one.classList.contains("fresh")) return one.isEqualNode(other);
    const copy = one.cloneNode(true);
    copy.classList.remove("fresh");
    if (!copy.classList.length) copy.removeAttribute("class");
    return copy.isEqualNode(other);
  };

  async function refresh() {
    if (busy || paused || document.hidden) {
      stale = true;
      return;
    }
    busy = true;
    stale = false;
    const began = performance.now();
    try {
      await Promise.all([refreshPage(), refreshCharts()]);
    } catch {
      say("Not reached");
    }
    // What takes long is asked for less often: watching must not slow down what is watched.
    const rest = Math.max(100, 4 * (performance.now() - began));
    setTimeout(() => {
      busy = false;
      if (stale) refresh();
    }, rest);
  }

  async function refreshPage() {
    const address = new URL(location.href);
    for (const name of ["done", "refused"]) address.searchParams.delete(name);
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const old of document.querySelectorAll("[data-live]")) {
      const fresh = page.getElementById(old.id);
      if (fresh) put(old, fresh);
    }
  }

  async function refreshCharts() {
    if (!document.querySelector("[data-chart]")) return;
    const answer = await fetch("/_inbox/series");
    if (answer.ok) window.drawCharts(await answer.json());
  }

  // A click on a chart leads to the requests of that time.
  for (const place of document.querySelectorAll('[data-chart="requests"], [data-chart="latency"]')) {
    place.addEventListener("click", (event) => {
      const over = place.querySelector(".u-over");
      if (!over || !over.contains(event.target)) return;
      const [from, to] = window.chartStretch(
        place,
        event.clientX - over.getBoundingClientRect().left,
      );
      location.href = `/_inbox/requests?${new URLSearchParams({ from, to })}`;
    });
  }

  // Only the parameters of the chosen kind of fault are to be filled in.
  const kind = document.getElementById("fault");
  if (kind) {
    const fit = () => {
      for (const input of document.querySelectorAll("[data-for]")) {
        input.closest("p").hidden = !input.dataset.for.split(" ").includes(kind.value);
      }
    };
    kind.addEventListener("change", fit);
    fit();
  }

  pause.hidden = false;
  pause.addEventListener("click", () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    say(paused ? "Paused" : "Live");
    if (!paused) refresh();
  });
  document.addEventListener("visibilitychange", () => stale && refresh());

  const feed = new EventSource("/_inbox/feed");
  feed.addEventListener("change", () => {
    if (!paused) say("Live");
    refresh();
  });
  feed.addEventListener("error", () => say("Not reached: is the sandbox running?"));
  window.addEventListener("pagehide", () => feed.close());
  window.addEventListener("pageshow", (event) => event.persisted && location.reload());
})();
