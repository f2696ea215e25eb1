import { say } from "../words.ts";

/** The name of the product, with the page's own name beside it where it has one. */
export function Brand({ page }: { page?: string }) {
	return (
		<p class="brand">
			<svg class="brand-mark" viewBox="0 0 32 32" aria-hidden="true">
				<rect width="32" height="32" rx="8" />
				<path d="M11 25V8.5h6.5a5.25 5.25 0 0 1 0 10.5H11" />
				<circle cx="23.5" cy="23.5" r="2.6" />
			</svg>
			<span class="brand-name">{say("brand")}</span>
			{page !== undefined && <span class="brand-page">{page}</span>}
		</p>
	);
}
