/** Certificates for a test's own broker, made by openssl. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Why there are none; null when they can be made. */
export const opensslMissing: string | null =
	spawnSync("openssl", ["version"]).status === 0 ? null : "openssl is not installed (Debian: apt install openssl)";

export interface Certificates {
	/** Who vouches for the broker, PEM. */
	ca: string;
	/** Somebody else, PEM. */
	otherCa: string;
	/** Paths of the broker's certificate, with who vouches for it below, and its key. */
	tls: { cert: string; key: string };
}

/** For a broker at this IPv4 address, valid for a day. */
export function certificates(address: string): Certificates {
	const folder = mkdtempSync(join(tmpdir(), "parkmate-certificates-"));
	const at = (name: string) => join(folder, name);
	const rsa = ["-newkey", "rsa:2048", "-nodes", "-days", "1"];
	const makeCa = (name: string) => {
		openssl("req", "-x509", ...rsa, "-subj", `/CN=${name}`, "-keyout", at(`${name}.key`), "-out", at(`${name}.pem`));
		return readFileSync(at(`${name}.pem`), "utf8");
	};
	const ca = makeCa("ca");
	const otherCa = makeCa("other");
	openssl(
		"req",
		"-new",
		...rsa.slice(0, 3),
		"-subj",
		"/CN=broker",
		"-keyout",
		at("broker.key"),
		"-out",
		at("broker.csr"),
	);
	writeFileSync(at("extensions"), `subjectAltName=IP:${address}\nauthorityKeyIdentifier=keyid\n`);
	openssl(
		...["x509", "-req", "-in", at("broker.csr"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"), "-CAcreateserial"],
		...["-days", "1", "-extfile", at("extensions"), "-out", at("broker.pem")],
	);
	writeFileSync(at("chain.pem"), readFileSync(at("broker.pem"), "utf8") + ca);
	return { ca, otherCa, tls: { cert: at("chain.pem"), key: at("broker.key") } };
}

function openssl(...args: string[]): void {
	const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
	if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${stderr}`);
}
