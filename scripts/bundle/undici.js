// Replaces `undici` in dist by the classes that the action uses, assembled as undici's own index.js does. All of undici
// would add a second fetch, WebSockets, caches and mocks.
import api from 'undici/lib/api/index.js';
import Agent from 'undici/lib/dispatcher/agent.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import Dispatcher1Wrapper from 'undici/lib/dispatcher/dispatcher1-wrapper.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';

Object.assign(Dispatcher.prototype, api);

export { Agent, Dispatcher1Wrapper, EnvHttpProxyAgent };
