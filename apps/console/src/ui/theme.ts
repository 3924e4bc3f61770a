/** Mantine's theme from our palette: one city accent, radius 6, one shadow, system type, no motion over 150 ms. */
import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core';
import { DEVICE_STATES } from '@cityward/contracts';
import { MAP_TONES, NEUTRALS, STATE_TONES, type Scheme } from './palette.ts';

const CITY: MantineColorsTuple = [
  '#f1f5fa',
  '#e0e9f3',
  '#c1d3e8',
  '#a8c7ec',
  '#7fa6d2',
  '#4f7cae',
  '#3d6da4',
  '#23466e',
  '#1b3858',
  '#132a44',
];
const DANGER: MantineColorsTuple = [
  '#fdeae1',
  '#fbd5c4',
  '#f7b294',
  '#ff9d70',
  '#ee7440',
  '#e05a22',
  '#c2410c',
  '#b3390b',
  '#a8330a',
  '#7d2607',
];
const GREY: MantineColorsTuple = [
  '#f5f6f8',
  '#eef0f3',
  '#dfe3e8',
  '#cbd2da',
  '#a9b2bd',
  '#7f8997',
  '#55606d',
  '#39434f',
  '#262d36',
  '#1b2129',
];
const NIGHT: MantineColorsTuple = [
  '#e9edf2',
  '#c8d0da',
  '#a5b0bd',
  '#727e8c',
  '#3d4753',
  '#2d353f',
  '#20272f',
  '#1a2027',
  '#12161b',
  '#0d1014',
];

export const theme = createTheme({
  primaryColor: 'city',
  primaryShade: { light: 7, dark: 6 },
  colors: { city: CITY, danger: DANGER, gray: GREY, dark: NIGHT },
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  spacing: { xs: '8px', sm: '12px', md: '16px', lg: '24px', xl: '32px' },
  radius: { xs: '4px', sm: '6px', md: '6px', lg: '6px', xl: '6px' },
  defaultRadius: 'sm',
  headings: {
    fontWeight: '620',
    sizes: { h1: { fontSize: '28px', lineHeight: '1.25' }, h2: { fontSize: '20px', lineHeight: '1.3' } },
  },
  respectReducedMotion: true,
  cursorType: 'pointer',
  components: {
    Button: { defaultProps: { size: 'sm' } },
    Modal: { defaultProps: { centered: true, transitionProps: { duration: 120 }, overlayProps: { opacity: 0.45 } } },
    Drawer: { defaultProps: { position: 'right', transitionProps: { duration: 120 } } },
    Tooltip: { defaultProps: { openDelay: 300, transitionProps: { duration: 80 }, withArrow: true } },
    Menu: { defaultProps: { transitionProps: { duration: 80 }, shadow: 'md' } },
  },
});

export const variablesOf = (scheme: Scheme): Record<string, string> => {
  const variables: Record<string, string> = {};
  for (const [name, value] of Object.entries(NEUTRALS[scheme]))
    variables[`--cw-${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`] = value;
  for (const [name, value] of Object.entries(MAP_TONES[scheme])) variables[`--map-${name}`] = value;
  for (const state of DEVICE_STATES) {
    const tone = STATE_TONES[scheme][state];
    variables[`--cw-${state}-ink`] = tone.ink;
    variables[`--cw-${state}-fill`] = tone.fill;
    variables[`--cw-${state}-soft`] = tone.soft;
  }
  variables['--mantine-color-body'] = NEUTRALS[scheme].surface;
  variables['--mantine-color-text'] = NEUTRALS[scheme].text;
  variables['--mantine-color-dimmed'] = NEUTRALS[scheme].muted;
  variables['--mantine-color-placeholder'] = NEUTRALS[scheme].muted;
  variables['--mantine-color-default-border'] = NEUTRALS[scheme].line;
  // Mantine's own red is too pale for the words below a field.
  variables['--mantine-color-error'] = STATE_TONES[scheme].suspect.ink;
  return variables;
};

export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: variablesOf('light'),
  dark: variablesOf('dark'),
});
