/** The entry. Node keeps compiled code in its own cache from here on, which halves every start but the first; so the rest must be imported after this. */
import { enableCompileCache } from "node:module";

enableCompileCache();
await import("./run.ts");
