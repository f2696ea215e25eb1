/** Topic filters as MQTT 3.1.1 defines them (§4.7). */

/** Tells topics that match `filter`, with `+` for one level and a trailing `#` for any number of them. */
export function topicMatcher(filter: string): (topic: string) => boolean {
	const wanted = filter.split("/");
	const first = wanted[0] ?? "";
	if (!filter.includes("+") && first !== "#") {
		if (wanted.at(-1) !== "#") return (topic) => topic === filter;
		// `a/#` is also for `a`.
		const above = filter.slice(0, -2);
		const below = `${above}/`;
		return (topic) => topic.startsWith(below) || topic === above;
	}
	return (topic) => {
		// [MQTT-4.7.2-1]: a leading wildcard does not match topics of the broker itself.
		if (topic.startsWith("$") && (first === "+" || first === "#")) return false;
		const levels = topic.split("/");
		for (const [index, level] of wanted.entries()) {
			if (level === "#") return true;
			if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
		}
		return wanted.length === levels.length;
	};
}
