// One parking bay: what stands in it, its lamp, and what its sensor sees of it.

import { bayHeight, bayWidth, lampSkin, lampWord, paints, skins, styles } from "./look.js";

/** Height of a car's roof under the sensor, and of its hood, cm. */
const roofCm = 150;
const hoodCm = 80;

/** How long a car takes to drive in or out, ms. */
const driveMs = 2600;

/** How long a person takes to walk through, ms. */
const walkMs = 1400;

/** What stands still under the sensor, in the app's words. */
function sceneOf(stay, floorCm) {
	if (stay === "car") return { distance_cm: floorCm - roofCm, echo_share: 1 };
	// A glass roof throws most pings elsewhere.
	if (stay === "glass") return { distance_cm: floorCm - roofCm, echo_share: 0.55 };
	return { distance_cm: floorCm, echo_share: 1 };
}

/** What passes under the sensor while a car drives in: floor, hood, windscreen, roof. `done` is 0 outside, 1 at rest. */
function passing(done, floorCm) {
	if (done < 0.3) return { distance_cm: floorCm, echo_share: 1 };
	if (done < 0.6) return { distance_cm: floorCm - hoodCm, echo_share: 0.95 };
	if (done < 0.8) {
		const up = (done - 0.6) / 0.2;
		return { distance_cm: floorCm - hoodCm - (roofCm - hoodCm) * up, echo_share: 0.5 };
	}
	return { distance_cm: floorCm - roofCm, echo_share: 1 };
}

/** Slow at both ends, as people drive. */
const eased = (fraction) => fraction * fraction * (3 - 2 * fraction);

class BayBehavior extends Behavior {
	onCreate(bay, { index }) {
		this.index = index;
		this.floorCm = 220;
		this.stay = "empty";
		this.wire = "ok";
		this.noisy = false;
		this.moving = null;
		this.carY = 0;
		this.personX = 0;
		this.distanceCm = this.floorCm;
		bay.interval = 40;
	}
	onDisplaying(bay) {
		this.car = bay.first.next.next;
		this.person = this.car.next;
		this.lamp = this.person.next.next;
		this.word = this.lamp.next;
		this.name = this.word.next;
		this.note = this.name.next;
		this.person.visible = false;
		this.place(bayHeight);
	}
	onTouchEnded(bay) {
		bay.bubble("onBayTapped", this.index);
	}

	/** Drives a car in ("car", "glass"), or what is there out ("empty"). */
	drive(bay, stay) {
		if (this.moving || stay === this.stay) return;
		if (stay !== "empty") this.paint(stay);
		this.begin(bay, stay === "empty" ? "out" : "in", driveMs);
		this.stay = stay;
	}
	walk(bay) {
		if (this.moving) return;
		this.person.visible = true;
		this.begin(bay, "walk", walkMs);
	}
	begin(bay, moving, duration) {
		this.moving = moving;
		bay.duration = duration;
		bay.time = 0;
		bay.start();
	}
	onTimeChanged(bay) {
		const fraction = bay.fraction;
		if (this.moving === "walk") {
			const x = Math.round(fraction * (bayWidth + 40)) - 40;
			this.person.moveBy(x - this.personX, 0);
			this.personX = x;
			const under = fraction > 0.35 && fraction < 0.65;
			const { distance_cm, echo_share } = sceneOf(this.stay, this.floorCm);
			this.see(bay, under ? { distance_cm: Math.min(distance_cm, 60), echo_share: 0.7 } : { distance_cm, echo_share });
			return;
		}
		const done = this.moving === "in" ? fraction : 1 - fraction;
		this.place(Math.round((1 - eased(done)) * bayHeight));
		this.see(bay, passing(done, this.floorCm));
	}
	onFinished(bay) {
		bay.stop();
		if (this.moving === "walk") {
			this.person.visible = false;
			this.person.moveBy(-this.personX, 0);
			this.personX = 0;
		}
		this.moving = null;
		this.see(bay, sceneOf(this.stay, this.floorCm));
	}
	/** `y` below where it stands, px. */
	place(y) {
		this.car.moveBy(0, y - this.carY);
		this.carY = y;
	}
	paint(stay) {
		const body = this.car.first.next;
		body.skin = new Skin({ fill: paints[this.index % paints.length] });
		const roof = body.next.next;
		roof.skin = stay === "glass" ? new Skin(skins.clear) : new Skin({ fill: `${paints[this.index % paints.length]}` });
	}

	/** Tells the sensor what is under it, when that is something else. */
	see(bay, { distance_cm, echo_share }) {
		const distance = Math.round(distance_cm);
		if (distance === this.distanceCm && echo_share === this.echoShare) return;
		this.distanceCm = distance;
		this.echoShare = echo_share;
		bay.bubble("onScene", { index: this.index, distance_cm: distance, echo_share });
		this.annotate();
	}
	set(bay, name, value) {
		this[name] = value;
		if (name === "wire") bay.bubble("onScene", { index: this.index, wire: value });
		else bay.bubble("onScene", { index: this.index, noise_cm: value ? 25 : 0.3 });
		this.annotate();
	}
	annotate() {
		const fault = this.wire !== "ok" ? this.wire : this.noisy ? "noisy" : null;
		this.note.style = new Style(fault ? styles.fault : styles.distance);
		this.note.string = fault ?? `${this.distanceCm} cm`;
	}
	onLamp(_bay, { color, level }) {
		const [haze, , glass] = [this.lamp.first, this.lamp.first.next, this.lamp.last];
		haze.skin = lampSkin(color, level, 0.25);
		glass.skin = lampSkin(color, Math.max(level, 0.15), 1);
		this.word.string = lampWord(color);
	}
	onNamed(bay, { spotId, floorCm }) {
		this.name.string = spotId;
		this.floorCm = floorCm;
		this.see(bay, sceneOf(this.stay, floorCm));
		this.annotate();
	}
	onChosen(bay, chosen) {
		bay.first.skin = new Skin(chosen ? skins.chosen : skins.asphalt);
	}
}

/** A car from above, its nose up. */
const Car = Container.template(() => ({
	left: 37,
	top: 62,
	width: 74,
	height: 114,
	contents: [
		RoundContent({}, { left: 0, right: 0, top: 5, bottom: 0, radius: 20, border: 0, skin: skins.shadow }),
		RoundContent({}, { left: 3, right: 3, top: 0, bottom: 4, radius: 18, border: 0, skin: { fill: paints[0] } }),
		RoundContent({}, { left: 10, right: 10, top: 30, bottom: 14, radius: 9, border: 0, skin: skins.glass }),
		RoundContent({}, { left: 13, right: 13, top: 45, bottom: 27, radius: 5, border: 1, skin: { fill: paints[0] } }),
		RoundContent({}, { left: 10, width: 14, top: 4, height: 6, radius: 3, border: 0, skin: skins.headlight }),
		RoundContent({}, { right: 10, width: 14, top: 4, height: 6, radius: 3, border: 0, skin: skins.headlight }),
	],
}));

const Person = Container.template(() => ({
	left: 0,
	top: 100,
	width: 34,
	height: 34,
	contents: [
		RoundContent({}, { left: 0, right: 0, top: 9, bottom: 9, radius: 8, border: 0, skin: skins.coat }),
		RoundContent({}, { left: 9, right: 9, top: 9, bottom: 9, radius: 8, border: 0, skin: skins.person }),
	],
}));

const Lamp = Container.template(() => ({
	left: 8,
	top: 8,
	width: 40,
	height: 40,
	contents: [
		RoundContent({}, { left: 0, right: 0, top: 0, bottom: 0, radius: 20, border: 0, skin: skins.socket }),
		RoundContent({}, { left: 8, right: 8, top: 8, bottom: 8, radius: 12, border: 1, skin: skins.socket }),
		RoundContent({}, { left: 10, right: 10, top: 10, bottom: 10, radius: 10, border: 0, skin: skins.socket }),
	],
}));

export const Bay = Container.template(($) => ({
	left: $.left,
	top: $.top,
	width: bayWidth,
	height: bayHeight,
	active: true,
	clip: true,
	Behavior: BayBehavior,
	contents: [
		RoundContent($, { left: 0, right: 0, top: 0, bottom: 0, radius: 10, border: 2, skin: skins.asphalt }),
		Content($, { left: 24, right: 24, bottom: 26, height: 2, skin: skins.line }),
		new Car($),
		new Person($),
		RoundContent($, { left: 2, right: 2, top: 2, height: 54, radius: 9, border: 0, skin: { fill: "#14171aee" } }),
		new Lamp($),
		Label($, { left: 52, right: 4, top: 29, height: 22, style: { ...styles.word, horizontal: "left" }, string: "" }),
		Label($, { left: 52, right: 4, top: 7, height: 22, style: { ...styles.spot, horizontal: "left" }, string: "" }),
		Label($, { left: 4, right: 4, bottom: 3, height: 20, style: styles.distance, string: "" }),
	],
}));
