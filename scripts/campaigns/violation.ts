/** What a campaign was made to find: a promise that was not kept. */
export class Violation extends Error {}
