/** Has no typings in the Moddable SDK, or none that are found; as far as it is used here. */
declare module "embedded:io/socket/tcp/tls" {
	/** The encrypted socket, as a class to hand in. */
	export default class TLSSocket {
		close(): void;
	}
}
