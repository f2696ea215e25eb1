/** What went wrong with a connection, in words for people. */
import { ReasonCodes } from "mqtt";

/** Codes of the system, as Node gives them. */
const systemWords: Record<string, string> = {
	ECONNREFUSED: "connection refused",
	ECONNRESET: "connection reset",
	EHOSTUNREACH: "no route to the host",
	ENETUNREACH: "no route to the network",
	ENOTFOUND: "no such host",
	EAI_AGAIN: "the host's name can't be looked up now",
	ETIMEDOUT: "no answer",
	EPIPE: "connection closed",
	ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another host",
	DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is signed by nobody known here (MQTT_CA names whom to trust)",
	SELF_SIGNED_CERT_IN_CHAIN: "its certificate is signed by nobody known here (MQTT_CA names whom to trust)",
	UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate is signed by nobody known here (MQTT_CA names whom to trust)",
	UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "its certificate is signed by nobody known here (MQTT_CA names whom to trust)",
	CERT_HAS_EXPIRED: "its certificate has expired",
};

/** CONNACK's and DISCONNECT's codes for bad user name, password or rights: MQTT 3.1.1 table 3.1, MQTT 5 table 2-6. */
const notAuthorised = [4, 5, 134, 135];

/** CONNACK's codes for a protocol version that the broker does not speak. */
const versionRefusals = [1, 132];

/** Why a connection failed or ended. `cause` is an error, a reason code, or nothing when the other side just hung up. */
export function whyItFailed(cause: Error | number | null | undefined): string {
	const code = codeOf(cause);
	if (typeof code === "number" && code > 0) {
		if (notAuthorised.includes(code)) return "not authorised (user name or password)";
		return (ReasonCodes[code as keyof typeof ReasonCodes] ?? `reason code ${code}`).toLowerCase();
	}
	if (typeof code === "string" && systemWords[code] !== undefined) return systemWords[code];
	return cause instanceof Error ? cause.message.toLowerCase() : "connection closed";
}

/** True when the broker might take this client with an older protocol version. */
export function refusesVersion(cause: Error | number | null | undefined): boolean {
	const code = codeOf(cause);
	return typeof code === "number" && versionRefusals.includes(code);
}

function codeOf(cause: Error | number | null | undefined): unknown {
	return cause instanceof Error && "code" in cause ? cause.code : cause;
}
