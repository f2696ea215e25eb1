// Colours and sizes of the panel: those of the pages, at night.

export const bayWidth = 148;
export const bayHeight = 206;

const lampColors = { green: "#33c499", red: "#e2604a", blue: "#7ea0ff", amber: "#e8b33c" };
const lampWords = { green: "FREE", red: "OCCUPIED", blue: "RESERVED", amber: "UNKNOWN" };

/** Steps of brightness: each is a skin of its own. */
const steps = 10;
const lampSkins = {};

/** `color` at `level`, 0 to 1; `haze` is how much of it shows, 0 to 1. */
export function lampSkin(color, level, haze) {
	const step = Math.round(level * steps);
	const key = `${color}${step}${haze}`;
	const alpha = Math.round(255 * haze * (step / steps));
	lampSkins[key] ??= new Skin({ fill: lampColors[color] + alpha.toString(16).padStart(2, "0") });
	return lampSkins[key];
}

export const lampWord = (color) => lampWords[color] ?? "";

/** Paint of the cars, one after the other. */
export const paints = ["#c9d3dc", "#5f8fb8", "#b6674f", "#8c9a6b", "#d9c48a", "#5d6570", "#a9b8c9", "#77566f"];

export const skins = {
	night: { fill: "#0d0f11" },
	asphalt: { fill: "#1d2125", stroke: "#2d3338" },
	chosen: { fill: "#23282d", stroke: "#8fa3b5" },
	line: { fill: "#565d63" },
	socket: { fill: "#0a0b0d", stroke: "#3b4248" },
	shadow: { fill: "#00000050" },
	glass: { fill: "#10151aee" },
	clear: { fill: "#8fc4d870", stroke: "#bfe3f0" },
	headlight: { fill: "#fff3c4" },
	person: { fill: "#f0c9a4" },
	coat: { fill: "#4f76c9" },
	pillOn: { fill: "#103029", stroke: "#33c499" },
	pillOff: { fill: "#331f19", stroke: "#e2604a" },
};

export const styles = {
	title: { font: "semibold", color: "#f0f1ef", horizontal: "left" },
	quiet: { font: "light", color: "#9aa1a7", horizontal: "left" },
	spot: { font: "semibold", color: "#f0f1ef" },
	distance: { font: "light", color: "#c3c9ce" },
	fault: { font: "semibold", color: "#e8b33c" },
	word: { font: "semibold", color: "#f0f1ef" },
};
