// Stands for `log-update` in dist.
export { createLogUpdate } from 'log-update';
