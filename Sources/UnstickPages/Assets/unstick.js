"use strict";
// Everything works without this script. It adds live updates, times that tick, copy buttons and two switches.

// ---- Theme: first, so that no page is drawn in the wrong one
const root = document.documentElement;
root.classList.add("js");
const memory = {
  get(key) { try { return localStorage.getItem("unstick." + key); } catch { return null; } },
  set(key, value) { try { localStorage.setItem("unstick." + key, value); } catch { /* private windows keep nothing */ } },
};
const themes = ["auto", "light", "dark"];
function showTheme(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}
showTheme(memory.get("theme"));

// ---- Switches in the header: each button goes through its choices
function addSwitch(key, name, choices, show) {
  let choice = choices.includes(memory.get(key)) ? memory.get(key) : choices[0];
  const button = document.createElement("button");
  const label = document.createElement("span");
  label.textContent = name + ": ";
  const draw = () => { button.replaceChildren(label, choice); show(choice); };
  button.type = "button";
  button.addEventListener("click", () => {
    choice = choices[(choices.indexOf(choice) + 1) % choices.length];
    memory.set(key, choice);
    draw();
  });
  document.getElementById("tools").append(button);
  draw();
}

// ---- Times
const units = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];
const two = (number) => String(number).padStart(2, "0");
let timeStyle = "ago";

function ago(moment) {
  const seconds = Math.round((Date.now() - moment) / 1000);
  const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || units[3];
  const count = Math.floor(Math.abs(seconds) / size);
  const words = `${count} ${unit === "day" && count !== 1 ? "days" : unit}`;
  return seconds < 0 ? `in ${words}` : `${words} ago`;
}
function local(moment) {
  const date = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  return `${date} ${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
}
function drawTime(time) {
  const moment = new Date(time.dateTime);
  // The server's words say "UTC"; they stay in `data-utc`, because the title then has both.
  const utc = time.dataset.utc ||= time.title;
  time.title = `${utc}\n${local(moment)} here`;
  const text = timeStyle === "utc" ? utc : timeStyle === "local" ? local(moment) : ago(moment);
  if (time.textContent !== text) time.textContent = text;
}
function drawTimes(within = document) { within.querySelectorAll("time").forEach(drawTime); }

// ---- Copying ids
async function copy(text) {
  if (navigator.clipboard) {
    try { await navigator.clipboard.writeText(text); return true; } catch { /* plain http: the old way */ }
  }
  const field = document.createElement("textarea");
  field.value = text;
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy");
  field.remove();
  return copied;
}
function addCopyButton(id) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy";
  button.setAttribute("aria-label", "Copy " + id.textContent);
  button.addEventListener("click", async () => {
    button.classList.toggle("done", await copy(id.textContent));
    button.focus();
    setTimeout(() => button.classList.remove("done"), 1500);
  });
  id.after(button);
}

// ---- Live updates
const live = {
  isPaused: false, isPolling: false, isFetching: false, isWaiting: false, failures: 0, nextFetch: 0,
  source: null, poll: 0, retry: 0, timer: 0,
};
// What the server sent for each live part, before this script changed anything in it.
const sent = new Map();

const liveParts = (page) => page.querySelectorAll("[data-live][id]");
// Only the passing of time changes these.
const withoutTimes = (part) => part.innerHTML.replace(/<time[^>]*>[^<]*/g, (time) => time.replace(/>.*/, ">"));

function isInUse(part) {
  const focus = document.activeElement;
  const isEdited = part.contains(focus) && focus.matches("input, select, textarea");
  return isEdited || [...part.querySelectorAll("details[open], dialog[open]")].some((open) => open.querySelector("form"));
}
function findAgain(part, element) {
  if (element.id) return document.getElementById(element.id);
  const href = element.getAttribute("href");
  const label = element.getAttribute("aria-label");
  if (href) return part.querySelector(`a[href="${CSS.escape(href)}"]`);
  return label && part.querySelector(`[aria-label="${CSS.escape(label)}"]`);
}
function replace(part, fresh) {
  const focus = part.contains(document.activeElement) ? document.activeElement : null;
  const open = [...part.querySelectorAll("details[open][id]")].map((details) => details.id);
  // The element stays: what is announced must have been there before.
  part.replaceChildren(...fresh.childNodes);
  for (const id of open) document.getElementById(id)?.setAttribute("open", "");
  decorate(part);
  if (focus) (focus.tagName === "SUMMARY" ? part.querySelector("details[open] > summary") : findAgain(part, focus))?.focus();
  // Of a whole table that flashes nobody learns what is new.
  if (!part.matches("[aria-live]")) return;
  part.classList.remove("changed");
  requestAnimationFrame(() => part.classList.add("changed"));
}
function take(page) {
  for (const part of liveParts(document)) {
    const fresh = page.getElementById(part.id);
    if (!fresh || isInUse(part)) continue;
    const text = withoutTimes(fresh);
    if (text === sent.get(part.id)) continue;
    sent.set(part.id, text);
    replace(part, fresh);
  }
}

function showBadge(word, tone) {
  const badge = document.getElementById("live");
  if (badge.textContent !== word) badge.textContent = word;
  badge.className = "live " + tone;
  badge.title = live.isPaused ? "Resume live updates" : "Pause live updates";
}
function showSignedOut() {
  disconnect();
  document.getElementById("live").disabled = true;
  showBadge("Signed out", "bad");
  const note = document.createElement("p");
  const link = document.createElement("a");
  note.className = "note error";
  note.setAttribute("role", "alert");
  link.href = document.body.dataset.signIn + "?next=" + encodeURIComponent(location.pathname + location.search);
  link.textContent = "sign in again";
  note.append("Signed out — ", link, ".");
  document.getElementById("main").prepend(note);
}

async function refetch() {
  if (live.isFetching) { live.isWaiting = true; return; }
  live.isFetching = true;
  live.isWaiting = false;
  live.nextFetch = Date.now() + 2000;
  try {
    const answer = await fetch(location.href, { headers: { "X-Live": "1" }, credentials: "same-origin", cache: "no-store" });
    const isSignIn = new URL(answer.url).pathname === new URL(document.body.dataset.signIn, location.href).pathname;
    if (answer.status === 401 || isSignIn) return showSignedOut();
    if (!answer.ok) throw new Error(answer.statusText);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (live.source || live.poll) take(page);
    if (live.isPolling) showBadge("Polling", "busy");
  } catch {
    if (live.isPolling) showBadge("Reconnecting", "warning");
  } finally {
    live.isFetching = false;
    if (live.isWaiting) changed();
  }
}
// At most once in two seconds, and never not at all.
function changed() {
  if (live.isWaiting && !live.isFetching && live.timer) return;
  live.isWaiting = true;
  clearTimeout(live.timer);
  live.timer = setTimeout(() => { live.timer = 0; if (live.source || live.poll) refetch(); }, Math.max(0, live.nextFetch - Date.now()));
}

function connect() {
  const source = live.source = new EventSource(document.body.dataset.events);
  source.addEventListener("open", () => { live.failures = 0; showBadge("Live", "good"); });
  source.addEventListener("change", changed);
  source.addEventListener("end", () => reconnect(1000));
  source.addEventListener("error", () => {
    live.failures += 1;
    if (live.failures >= 3) poll();
    else { showBadge("Reconnecting", "warning"); reconnect(2000 * live.failures); }
  });
}
function reconnect(delay) {
  live.source?.close();
  live.poll = setTimeout(() => { live.poll = 0; connect(); refetch(); }, delay);
}
function poll() {
  live.source?.close();
  live.source = null;
  live.isPolling = true;
  showBadge("Polling", "busy");
  live.poll = setInterval(refetch, 15000);
  // A server that was only restarted is worth another try.
  live.retry = setTimeout(() => { disconnect(); start(); }, 120000);
  refetch();
}
function disconnect() {
  live.source?.close();
  live.source = null;
  clearTimeout(live.poll);
  clearInterval(live.poll);
  clearTimeout(live.retry);
  clearTimeout(live.timer);
  live.poll = live.retry = live.timer = 0;
  live.isPolling = live.isWaiting = false;
}
function start() {
  live.failures = 0;
  showBadge("Reconnecting", "warning");
  connect();
}
function pause() {
  disconnect();
  showBadge("Paused", "quiet");
}
function resume() {
  start();
  refetch();
}
function addLive() {
  const badge = document.createElement("button");
  badge.id = "live";
  badge.type = "button";
  badge.addEventListener("click", () => {
    live.isPaused = !live.isPaused;
    if (live.isPaused) pause(); else resume();
  });
  document.getElementById("tools").prepend(badge);
  document.addEventListener("visibilitychange", () => {
    if (live.isPaused || badge.disabled) return;
    if (document.hidden) pause(); else resume();
  });
  // A page that goes into the browser's store of pages must not keep its connection.
  addEventListener("pagehide", disconnect);
  addEventListener("pageshow", (event) => { if (event.persisted && !live.isPaused) resume(); });
  for (const part of liveParts(document)) sent.set(part.id, withoutTimes(part));
  if (document.hidden) pause(); else start();
}

function decorate(within) {
  drawTimes(within);
  within.querySelectorAll(".id").forEach(addCopyButton);
}
// One click is one act; a second one while the first is on its way would be refused anyway.
function sendOnce(event) {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 5000);
}

document.addEventListener("DOMContentLoaded", () => {
  if (document.body.dataset.events) addLive();
  addSwitch("times", "Times", ["ago", "utc", "local"], (style) => { timeStyle = style; drawTimes(); });
  addSwitch("theme", "Theme", themes, showTheme);
  decorate(document.body);
  setInterval(() => { if (!document.hidden && timeStyle === "ago") drawTimes(); }, 1000);
  document.addEventListener("submit", sendOnce);
});
