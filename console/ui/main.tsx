// Starts the screen.
import { render } from "preact";
import { App } from "./app.tsx";
import { startPreferences } from "./state/preferences.ts";
import { enter, watchWakeUps } from "./state/session.ts";
import "./style/tokens.css";
import "./style/base.css";
import "./style/header.css";
import "./style/incidents.css";
import "./style/casework.css";
import "./style/detail.css";
import "./style/agencies.css";
import "./style/pages.css";
import "./style/notices.css";

startPreferences();
watchWakeUps();
render(<App />, document.getElementById("app")!);
void enter();
