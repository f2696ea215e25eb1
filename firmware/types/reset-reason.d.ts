/** Has no typings in the Moddable SDK, or none that are found; as far as it is used here. */
declare module "resetReason" {
	/** Why the chip started. */
	export default function getResetReason(): { reason: number; string: string };
}
