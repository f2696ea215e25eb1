/** What a validator found, in words: which field, what was expected, what was got. */

export interface Finding {
	keyword?: string;
	instancePath: string;
	message?: string;
	params?: object;
}

/** One line about the first wrong field. `whole` names the value itself, like `body`. */
export function explain(findings: readonly Finding[], value: unknown, whole: string): string {
	const unexpected = findings.find((finding) => finding.keyword === "additionalProperties");
	if (unexpected !== undefined) {
		const names = (unexpected.params as { additionalProperties?: string[] }).additionalProperties ?? [];
		return `${name(unexpected, whole)} takes no field ${names.map((field) => `"${clip(field)}"`).join(", ")}`;
	}
	const deepest = findings.reduce<Finding | undefined>(
		(best, finding) => (best === undefined || depth(finding) > depth(best) ? finding : best),
		undefined,
	);
	if (deepest === undefined) return `${whole} has another shape than expected`;
	const messages = findings
		.filter((finding) => finding.instancePath === deepest.instancePath && finding.keyword !== "anyOf")
		.map((finding) => (finding.keyword === "const" ? `must be ${constant(finding)}` : (finding.message ?? "is wrong")));
	const expected = [...new Set(messages)].join(" or ").replaceAll(" or must be ", " or ");
	if (deepest.keyword === "required") return `${name(deepest, whole)} ${expected}`;
	return `${name(deepest, whole)} ${expected}, got ${clip(JSON.stringify(at(value, deepest.instancePath)) ?? "nothing")}`;
}

/** Strangers' text is shortened before it goes into logs and answers. */
export function clip(text: string, length = 80): string {
	return text.length <= length ? text : `${text.slice(0, length - 3)}...`;
}

function name(finding: Finding, whole: string): string {
	const path = finding.instancePath.slice(1).replaceAll("/", ".");
	return path === "" ? whole : path;
}

function depth(finding: Finding): number {
	return finding.instancePath.split("/").length;
}

function constant(finding: Finding): string {
	return JSON.stringify((finding.params as { allowedValue?: unknown }).allowedValue);
}

function at(value: unknown, path: string): unknown {
	let found = value;
	for (const part of path.split("/").slice(1)) {
		if (typeof found !== "object" || found === null) return undefined;
		found = (found as Record<string, unknown>)[part];
	}
	return found;
}
