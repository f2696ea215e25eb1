import { say } from "../words.ts";

/** The name of the product, with the page's own name beside it where it has one. */
export function Brand({ page }: { page?: string }) {
	return (
		<p class="brand">
			<span class="brand-mark" aria-hidden="true" />
			{say("brand")}
			{page !== undefined && <span class="brand-page">{page}</span>}
		</p>
	);
}
