/** A broker's address, taken apart: there is no `URL` on the board. */

export interface BrokerAddress {
	host: string;
	port: number;
	/** Encrypted. */
	tls: boolean;
}

/** @throws Error when it is none that a board can connect to. */
export function parseBrokerUrl(url: string): BrokerAddress {
	const [, scheme, host = "", port] = /^(mqtts?):\/\/([^:/@[\]]+)(?::(\d{1,5}))?\/?$/.exec(url) ?? [];
	const tls = scheme === "mqtts";
	const number = port === undefined ? (tls ? 8883 : 1883) : Number(port);
	if (host === "" || number < 1 || number > 65_535) {
		throw new Error(`broker_url must be mqtt://HOST[:PORT] or mqtts://HOST[:PORT] on this board, got ${url}`);
	}
	return { host, port: number, tls };
}
