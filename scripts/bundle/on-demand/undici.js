// Stands for `undici` in dist: those of its classes that the action uses, put together as undici's own index.js does
// it. With all of it would come a second fetch, WebSockets, caches and mocks.
import api from 'undici/lib/api/index.js';
import Dispatcher from 'undici/lib/dispatcher/dispatcher.js';
import EnvHttpProxyAgent from 'undici/lib/dispatcher/env-http-proxy-agent.js';

Object.assign(Dispatcher.prototype, api);

export { Dispatcher, EnvHttpProxyAgent };
