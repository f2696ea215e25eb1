/** The URL's scheme and servers with the database's name: nothing of it is secret. */
export function placeOf(url: string, database: string): string {
	const servers = /^([a-z+]+:\/\/)(?:[^?]*@)?([^/?]*)/.exec(url);
	return `${servers?.[1] ?? ""}${servers?.[2] ?? ""}/${database}`;
}
