/** Topic filters as MQTT 3.1.1 defines them (§4.7). */

/** True when `topic` matches `filter`, with `+` for one level and a trailing `#` for any number of them. */
export function matchesFilter(filter: string, topic: string): boolean {
	const wanted = filter.split("/");
	const levels = topic.split("/");
	// [MQTT-4.7.2-1]: a leading wildcard does not match topics of the broker itself.
	if (topic.startsWith("$") && (wanted[0] === "+" || wanted[0] === "#")) return false;
	for (const [index, level] of wanted.entries()) {
		if (level === "#") return true;
		if (index >= levels.length || (level !== "+" && level !== levels[index])) return false;
	}
	return wanted.length === levels.length;
}
