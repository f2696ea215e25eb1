import { Brand } from "../ui/Brand.tsx";
import { Glyph, type GlyphName } from "../ui/Glyph.tsx";
import { type OwnerKey, sayOwner as say } from "../words.ts";
import type { OwnerPage } from "./page.ts";

export type Tab = "overview" | "spots" | "sensors" | "changes";

const tabs: readonly { tab: Tab; word: OwnerKey; glyph: GlyphName }[] = [
	{ tab: "overview", word: "overview", glyph: "home" },
	{ tab: "spots", word: "spots", glyph: "spots" },
	{ tab: "sensors", word: "sensors", glyph: "sensors" },
	{ tab: "changes", word: "changes", glyph: "changes" },
];

/** On wide pages: lots, the parts of the page, the other page. */
export function SideNav({ page }: { page: OwnerPage }) {
	const current = page.view.value?.live.lotId;
	const lots = page.choice.known.value;
	return (
		<nav class="side" aria-label={say("sections")}>
			<Brand page={say("owner")} />
			{lots.length > 0 && (
				<>
					<h2>{say("lots")}</h2>
					<ul>
						{lots.map((lot) => (
							<li key={lot.lot_id}>
								<button
									type="button"
									class="side-item"
									aria-current={lot.lot_id === current ? "true" : undefined}
									onClick={() => page.choice.choose(lot.lot_id)}
								>
									<span>{lot.name}</span>
									<span class="side-count" aria-hidden="true">
										{lot.available_spots === 0 ? say("full") : lot.available_spots}
									</span>
									<span class="unseen">{say("lotFree", { n: lot.available_spots })}</span>
								</button>
							</li>
						))}
					</ul>
				</>
			)}
			{current !== undefined && (
				<>
					<h2>{say("thisLot")}</h2>
					<ul>
						{tabs.map(({ tab, word }) => (
							<li key={tab}>
								<a class="side-item" href={`#${tab}`}>
									<span>{say(word)}</span>
									<TabBadge page={page} tab={tab} />
								</a>
							</li>
						))}
						<li>
							<a class="side-item" href={`/?lot=${encodeURIComponent(current)}`}>
								{say("driverPage")}
							</a>
						</li>
					</ul>
				</>
			)}
		</nav>
	);
}

/** On phones: one part of the page at a time. */
export function TabBar({ page, tab, onTab }: { page: OwnerPage; tab: Tab; onTab: (tab: Tab) => void }) {
	return (
		<nav class="tabs" aria-label={say("sections")}>
			{tabs.map((item) => (
				<button
					key={item.tab}
					type="button"
					aria-current={item.tab === tab ? "page" : undefined}
					onClick={() => onTab(item.tab)}
				>
					{say(item.word)}{" "}
					<span class="tab-picture">
						<Glyph name={item.glyph} />
						<TabBadge page={page} tab={item.tab} />
					</span>
				</button>
			))}
		</nav>
	);
}

/** How much of a part of the page needs its owner. */
function TabBadge({ page, tab }: { page: OwnerPage; tab: Tab }) {
	const needs = { spots: page.needs, sensors: page.offline, overview: null, changes: null }[tab]?.value.length ?? 0;
	if (needs === 0) return null;
	return (
		<span class="badge">
			<span aria-hidden="true">{needs}</span>
			<span class="unseen">{say("filterNeeds", { n: needs })}</span>
		</span>
	);
}
