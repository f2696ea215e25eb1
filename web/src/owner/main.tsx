/**
 * In: one lot's live frames, today's numbers, its history. Out: what an owner must know, and the owner's word on any spot.
 * Never: shows a change before the gateway has said it; queues a write.
 */
import { effect } from "@preact/signals";
import { render } from "preact";
import { startChoice } from "../model/browser.ts";
import "../ui/tokens.css";
import "../ui/glyphs.css";
import "../ui/base.css";
import "uplot/dist/uPlot.min.css";
import "./owner.css";
import "./panel.css";
import "./sensors.css";
import { App } from "./App.tsx";
import { OwnerPage } from "./page.ts";

const app = document.getElementById("app");
const said = document.getElementById("said");
if (app !== null && said !== null) {
	const page = new OwnerPage(startChoice());
	effect(() => {
		said.textContent = page.announcer.text.value;
	});
	render(<App page={page} />, app);
}
