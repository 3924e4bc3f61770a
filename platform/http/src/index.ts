/** HTTP for every listener. */
export type { Caller, Handle, Route } from './types.ts';
export { route, RawAnswer } from './types.ts';
export { SECURITY_HEADERS } from './headers.ts';
export { createHttpListener } from './listener.ts';
export type { HttpListener } from './listener.ts';
export type { Asked, FailedRequest, HttpListenerOptions, PeerFacts, RefusedFacts, RequestFacts } from './options.ts';
export type { RawReply, RawRequest, RawRoute } from './raw.ts';
export { RefusedRequest } from './problems.ts';
export { answerText } from './answer-text.ts';
export { contentReply } from './content.ts';
export type { Content } from './content.ts';
export { createLiveHub } from './live.ts';
export type { LiveHub } from './live.ts';
