/**
 * In: one lot's live frames and the list of lots. Out: which spots are free, for somebody who looks for a second.
 * Never: shows old values as if they were new; writes anything to the gateway.
 */
import { render } from "preact";
import { startChoice } from "../model/browser.ts";
import "../ui/tokens.css";
import "../ui/glyphs.css";
import "../ui/base.css";
import "./driver.css";
import { App } from "./App.tsx";
import { DriverPage } from "./page.ts";

const app = document.getElementById("app");
const said = document.getElementById("said");
if (app !== null && said !== null) {
	const page = new DriverPage(startChoice());
	render(<App page={page} />, app);
	setTimeout(() => void page.loadLater(said));
}
