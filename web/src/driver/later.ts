/** What nobody needs before the first look: it is loaded when the page has nothing better to do. */

export { LotsDialog } from "../ui/LotsDialog.tsx";
export { moveFocus } from "./keys.ts";
export { LotsFailed } from "./LotsFailed.tsx";
export { Missing } from "./Missing.tsx";
export { OfflineSign } from "./OfflineSign.tsx";
export { OtherLots } from "./OtherLots.tsx";
export { Reconnecting } from "./Reconnecting.tsx";
export { SpotSheet } from "./SpotSheet.tsx";
export { sayAloud } from "./saying.ts";
