/** Every page and its address; a page's code is fetched when it is first opened. */
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Gate } from './frame/gate.tsx';
import { NotFound } from './frame/not-found.tsx';
import { PageFailed } from './frame/page-failed.tsx';
import { RowsSkeleton } from './ui/parts.tsx';
import { readUrl } from './frame/url-state.ts';

const root = createRootRoute({ component: Gate, notFoundComponent: NotFound, validateSearch: readUrl });

const routes = [
  createRoute({
    getParentRoute: () => root,
    path: '/',
    component: lazyRouteComponent(() => import('./modules/city/city-now.tsx'), 'CityNowPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/inbox',
    component: lazyRouteComponent(() => import('./modules/respond/inbox.tsx'), 'InboxPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/incidents',
    component: lazyRouteComponent(() => import('./modules/respond/incidents.tsx'), 'IncidentsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/incidents/$id',
    component: lazyRouteComponent(() => import('./modules/respond/incident-room.tsx'), 'IncidentRoomPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/fleet',
    component: lazyRouteComponent(() => import('./modules/city/fleet.tsx'), 'FleetPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/devices/$id',
    component: lazyRouteComponent(() => import('./modules/city/device.tsx'), 'DevicePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/changes',
    component: lazyRouteComponent(() => import('./modules/fleet/changes.tsx'), 'ChangesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/changes/new',
    component: lazyRouteComponent(() => import('./modules/fleet/plan-change.tsx'), 'PlanChangePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/changes/wanted',
    component: lazyRouteComponent(() => import('./modules/fleet/wanted.tsx'), 'WantedPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/changes/$id',
    component: lazyRouteComponent(() => import('./modules/fleet/change.tsx'), 'ChangePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/baseline',
    component: lazyRouteComponent(() => import('./modules/fleet/baseline.tsx'), 'BaselinePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/baseline/rotation',
    component: lazyRouteComponent(() => import('./modules/fleet/rotation.tsx'), 'RotationPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/baseline/$id',
    component: lazyRouteComponent(() => import('./modules/fleet/baseline-control.tsx'), 'BaselineControlPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/enrol',
    component: lazyRouteComponent(() => import('./modules/identity/enrol.tsx'), 'EnrolPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/networks',
    component: lazyRouteComponent(() => import('./modules/identity/networks.tsx'), 'NetworksPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/services',
    component: lazyRouteComponent(() => import('./modules/identity/services.tsx'), 'ServicesPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/import',
    component: lazyRouteComponent(() => import('./modules/city/imports.tsx'), 'ImportsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/import/$id',
    component: lazyRouteComponent(() => import('./modules/city/import-report.tsx'), 'ImportReportPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/evidence',
    component: lazyRouteComponent(() => import('./modules/ledger/evidence.tsx'), 'EvidencePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/desk',
    component: lazyRouteComponent(() => import('./modules/vault/desk.tsx'), 'DeskPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/jobs',
    component: lazyRouteComponent(() => import('./modules/server/jobs.tsx'), 'JobsPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/people',
    component: lazyRouteComponent(() => import('./modules/identity/people.tsx'), 'PeoplePage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/access',
    component: lazyRouteComponent(() => import('./modules/identity/access.tsx'), 'AccessPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/visit',
    component: lazyRouteComponent(() => import('./modules/identity/visit.tsx'), 'VisitPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/me',
    component: lazyRouteComponent(() => import('./modules/identity/me.tsx'), 'MePage'),
  }),
] as const;

export const router = createRouter({
  routeTree: root.addChildren(routes),
  defaultPreload: 'intent',
  defaultPendingMs: 200,
  defaultPendingComponent: () => <RowsSkeleton />,
  defaultErrorComponent: PageFailed,
  scrollRestoration: true,
});

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
