// What JupyterLab's packages expect of a browser and jsdom does not have.
class Observer {
  observe(): void {
    /* nothing is laid out here */
  }
  unobserve(): void {
    /* nothing is laid out here */
  }
  disconnect(): void {
    /* nothing is laid out here */
  }
}

Object.assign(globalThis, {
  DragEvent: class extends Event {},
  ResizeObserver: Observer,
  matchMedia: () => ({
    matches: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined
  })
});
