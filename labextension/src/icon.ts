import { LabIcon } from '@jupyterlab/ui-components';

/** Three runs, each better than the one before. */
export const mlopsIcon = new LabIcon({
  name: 'mlops-jupyter:runs',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3 jp-icon-selectable" fill="#616161">
    <path d="m5.7 18.2-1.4-1.4 6.5-6.5 7.6-5.3 1.2 1.6-7.5 5.2z"/>
    <circle cx="5" cy="17.5" r="3"/>
    <circle cx="11.5" cy="11" r="3"/>
    <circle cx="19" cy="5.8" r="3"/>
    <path d="M3 21h18v1.5H3z"/>
  </g>
</svg>`
});
