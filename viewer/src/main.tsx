/** Starts the page: token, store, worker, panels. */
import { render } from "preact";
import { Api } from "./app/api";
import { painter, syncUrl, wakeWithPage } from "./app/browser";
import { Link } from "./app/link";
import { testHandle } from "./app/test-handle";
import { keepToken, takeCode, takeToken } from "./app/token";
import { View } from "./app/view";
import { shareChoice } from "./app/windows";
import { nowMs } from "./protocol/time";
import { Requests } from "./state/requests";
import { Store } from "./state/store";
import { App } from "./ui/App";
import { Model, type Theme } from "./ui/model";
import "@fontsource-variable/inter/wght.css";
import "./styles.css";

const CLIENT = "plantverse viewer";
const THEME_KEY = "plantverse.theme";

function start(): void {
  const code = takeCode({ location, history });
  let token = takeToken({ location, history, storage: sessionStorage });
  const base = new URL("api/v1/", document.baseURI);
  const store = new Store(nowMs);
  const requests = new Requests(() => {
    model.asked.value++;
  });
  const worker = new Worker(new URL("./protocol/worker.ts", import.meta.url), { type: "module" });
  const link = new Link(store, requests, worker, painter);
  const model = new Model(
    store,
    link,
    requests,
    new Api(base, () => token),
    startTheme(),
    new View(new URLSearchParams(location.search)),
    (given) => {
      token = given;
      keepToken(sessionStorage, given);
    },
  );
  model.theme.subscribe((theme) => {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(THEME_KEY, theme);
  });
  model.view.touch.subscribe((touch) => {
    document.documentElement.dataset.touch = String(touch);
  });
  window.plantverse = testHandle(model);
  wakeWithPage(link);
  link.start(syncUrl(base), { token, selector: "*", maxHz: 0, client: CLIENT });
  shareChoice(model);
  model.run();
  // A code that is wrong or used leaves the page as it is: it asks for a token.
  if (code) void model.redeem(code).catch(() => {});
  render(<App model={model} />, document.getElementById("app")!);
}

function startTheme(): Theme {
  const asked = new URLSearchParams(location.search).get("theme") ?? localStorage.getItem(THEME_KEY);
  return asked === "light" ? "light" : "dark";
}

start();
