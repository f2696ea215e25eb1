// The simulator's panel: a row of parking bays to drive into, and the wires that come loose.

import { ButtonsRow, ControlsColumn, PopupRow, SliderRow, SwitchRow } from "ControlsPane";
import { DeviceBehavior, DeviceContainer, DeviceScreen } from "DevicePane";
import { Bay } from "./bay.js";
import { bayHeight, bayWidth, skins, styles } from "./look.js";

const bayCount = 8;
const columns = 4;
const gap = 12;
const margin = 24;
const headerHeight = 64;

/** With cars that come and go by themselves: between two of them, ms. */
const trafficMs = 3500;

class PanelBehavior extends DeviceBehavior {
	onCreate(panel, device) {
		super.onCreate(panel, device);
		this.chosen = 0;
		panel.duration = trafficMs;
	}
	onDisplaying(panel) {
		this.bays = [];
		for (let bay = panel.content("bays").first; bay; bay = bay.next) this.bays.push(bay);
		this.choose(0);
	}
	onConfigure(panel) {
		this.postJSON(panel, { hello: true });
	}
	onAbort() {
		// The app is started again, as a board would be.
		application.defer("doReloadFile");
		return true;
	}

	onJSON(panel, { board, lamp, link }) {
		if (board) {
			panel.content("title").string = `${board.lot_id}  ·  ${board.board_id}`;
			panel.content("broker").string = board.broker_url;
			this.bays.forEach((bay, index) => {
				bay.visible = index < board.spots.length;
				bay.delegate("onNamed", { spotId: board.spots[index] ?? "", floorCm: board.floor_cm });
			});
		}
		if (lamp) this.bays[lamp.index]?.delegate("onLamp", lamp);
		if (link) {
			const [pill, text] = [panel.content("pill"), panel.content("link")];
			pill.skin = new Skin(link.connected ? skins.pillOn : skins.pillOff);
			text.string = link.connected ? "connected" : link.reason;
		}
	}

	get bay() {
		return this.bays[this.chosen];
	}
	choose(index) {
		this.bay.delegate("onChosen", false);
		this.chosen = index;
		this.bay.delegate("onChosen", true);
		if (this.DISTANCE) this.showChosen(this.bay.behavior);
	}
	/** The controls beside the panel are the chosen bay's. They name themselves here when they are shown. */
	showChosen({ index, distanceCm, wire, noisy }) {
		const pick = (popup, selection, items) => {
			popup.behavior.selection = selection;
			popup.first.next.string = items[selection].title;
		};
		pick(this.BAY, index, spots);
		pick(
			this.WIRES,
			wires.findIndex(({ value }) => value === wire),
			wires,
		);
		for (const [control, value] of [
			[this.DISTANCE, distanceCm],
			[this.NOISE, noisy],
		]) {
			control.behavior.data.value = value;
			control.behavior.onDataChanged(control);
		}
		this.DISTANCE.next.string = String(distanceCm);
	}
	onBayTapped(_panel, index) {
		const again = index === this.chosen;
		this.choose(index);
		if (again) this.toggle(this.bay);
		return true;
	}
	toggle(bay) {
		bay.behavior.drive(bay, bay.behavior.stay === "empty" ? "car" : "empty");
	}
	onScene(panel, sensor) {
		this.postJSON(panel, { sensor });
		return true;
	}

	onSpotChosen(_panel, { value }) {
		this.choose(value);
	}
	onDriveIn() {
		this.bay.behavior.drive(this.bay, "car");
	}
	onDriveOut() {
		this.bay.behavior.drive(this.bay, "empty");
	}
	onGlassCar() {
		this.bay.behavior.drive(this.bay, "glass");
	}
	onPerson() {
		this.bay.behavior.walk(this.bay);
	}
	onDistance(_panel, { value }) {
		this.bay.behavior.see(this.bay, { distance_cm: value, echo_share: 1 });
	}
	onWire(_panel, { value }) {
		this.bay.behavior.set(this.bay, "wire", value);
	}
	onNoise(_panel, { value }) {
		this.bay.behavior.set(this.bay, "noisy", value);
	}
	onWiFi(panel, { value }) {
		this.postJSON(panel, { wifi: value });
	}
	onBroker(panel, { value }) {
		this.postJSON(panel, { broker: value });
	}

	onTraffic(panel, { value }) {
		panel.time = 0;
		if (value) panel.start();
		else panel.stop();
	}
	onFinished(panel) {
		const bays = this.bays.filter((bay) => bay.visible);
		this.toggle(bays[Math.floor(Math.random() * bays.length)]);
		panel.time = 0;
		panel.start();
	}
}

const panelWidth = 2 * margin + columns * bayWidth + (columns - 1) * gap;
const panelHeight = headerHeight + 2 * (bayHeight + gap) + margin;

const Panel = DeviceContainer.template(($) => ({
	width: panelWidth,
	height: panelHeight,
	Behavior: PanelBehavior,
	contents: [
		RoundContent($, { left: 0, right: 0, top: 0, bottom: 0, radius: 16, border: 0, skin: skins.night }),
		Label($, { name: "title", left: margin, width: 300, top: 10, height: 24, style: styles.title, string: "ParkMate" }),
		Label($, { name: "broker", left: margin, width: 300, top: 32, height: 22, style: styles.quiet, string: "" }),
		RoundContent($, {
			...{ name: "pill", right: margin, width: 290, top: 16, height: 32 },
			...{ radius: 16, border: 1, skin: skins.pillOff },
		}),
		Label($, {
			name: "link",
			right: margin + 8,
			width: 274,
			top: 20,
			height: 24,
			style: styles.spot,
			string: "starting",
		}),
		Container($, {
			...{ name: "bays", left: margin, right: margin, top: headerHeight, bottom: margin },
			contents: Array.from({ length: bayCount }, (_, index) => {
				const left = (index % columns) * (bayWidth + gap);
				const top = Math.floor(index / columns) * (bayHeight + gap);
				return new Bay({ index, left, top });
			}),
		}),
		DeviceScreen($, { left: 0, width: 0, top: 0, height: 0, rotation: 0 }),
	],
}));

const spots = Array.from({ length: bayCount }, (_, value) => ({ title: `Sensor ${value + 1}`, value }));

const wires = [
	{ title: "Connected", value: "ok" },
	{ title: "Unplugged", value: "unplugged" },
	{ title: "Echo stuck high", value: "stuck" },
];

export default {
	applicationName: "parkmate",
	title: "ParkMate",
	Workers: {},
	ControlsTemplate: ControlsColumn.template(() => ({
		contents: [
			SwitchRow({ event: "onTraffic", label: "Traffic", on: "Cars come and go", off: "Off", value: false }),
			PopupRow({ name: "BAY", event: "onSpotChosen", label: "Bay", items: spots, value: 0 }),
			ButtonsRow({
				label: "Car",
				buttons: [
					{ event: "onDriveIn", label: "In" },
					{ event: "onDriveOut", label: "Out" },
				],
			}),
			ButtonsRow({ label: "Car of glass", buttons: [{ event: "onGlassCar", label: "In" }] }),
			ButtonsRow({ label: "Person", buttons: [{ event: "onPerson", label: "Walks by" }] }),
			SliderRow({
				name: "DISTANCE",
				track: "onDistance",
				label: "Distance, cm",
				min: 2,
				max: 400,
				step: 1,
				unit: "",
				value: 220,
			}),
			PopupRow({ name: "WIRES", event: "onWire", label: "Wires", items: wires, value: "ok" }),
			SwitchRow({ name: "NOISE", event: "onNoise", label: "Noise", on: "25 cm", off: "Quiet", value: false }),
			SwitchRow({ event: "onWiFi", label: "Wi-Fi", on: "On", off: "Off", value: true }),
			SwitchRow({ event: "onBroker", label: "Way to broker", on: "Open", off: "Closed", value: true }),
		],
	})),
	DeviceTemplates: { 0: Panel, 90: Panel, 180: Panel, 270: Panel },
};
