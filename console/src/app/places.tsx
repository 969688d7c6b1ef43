/** Every place of the console, as the rail and the command palette name them. */
import type { LinkProps } from '@tanstack/react-router'
import {
  ChartColumn,
  ClipboardList,
  Database,
  FileUp,
  Filter,
  House,
  Inbox,
  KeyRound,
  LineChart,
  Mail,
  MailCheck,
  Plug,
  Radio,
  Repeat,
  Settings,
  ShieldAlert,
  Split,
  TriangleAlert,
  UserRound,
  UsersRound,
} from 'lucide-react'
import type { ReactNode } from 'react'
import type { Session } from '~/api/types'
import { useT } from '~/i18n'

type Path = NonNullable<LinkProps['to']>

export interface Place {
  to: Path
  search?: { tab: string }
  label: string
  icon: ReactNode
  /** What else one may call it, in either language. */
  also: string
  exact?: boolean
}

export interface PlaceGroup {
  name: string | null
  places: Place[]
}

const ICON = { size: 16, 'aria-hidden': true } as const

export function usePlaceGroups(features: Pick<Session['features'], 'inbox'>): PlaceGroup[] {
  const t = useT()
  const n = t.nav
  const inbox: Place = {
    to: '/inbox',
    label: n.inbox,
    icon: <Inbox {...ICON} />,
    also: 'inbox mail test 받은 메일함 테스트 메일',
  }
  return [
    {
      name: null,
      places: [
        {
          to: '/',
          label: n.home,
          icon: <House {...ICON} />,
          exact: true,
          also: 'home start 홈 첫 화면 시작',
        },
      ],
    },
    {
      name: n.analyze,
      places: [
        {
          to: '/explore/funnel',
          label: n.funnels,
          icon: <Filter {...ICON} />,
          also: 'funnel conversion chart 퍼널 전환 차트 분석',
        },
        {
          to: '/explore/segmentation',
          label: n.segmentation,
          icon: <LineChart {...ICON} />,
          also: 'segmentation trends chart line 이벤트 세분화 추이 차트 분석',
        },
        {
          to: '/explore/retention',
          label: t.explore.kindNames.retention,
          icon: <Repeat {...ICON} />,
          also: 'retention cohort return heat 리텐션 재방문 잔존 차트 분석',
        },
        {
          to: '/explore/paths',
          label: t.explore.kindNames.paths,
          icon: <Split {...ICON} />,
          also: 'paths flow sankey journey 경로 흐름 차트 분석',
        },
      ],
    },
    {
      name: n.audience,
      places: [
        {
          to: '/cohorts',
          label: n.cohorts,
          icon: <UsersRound {...ICON} />,
          also: 'cohorts segments audience 코호트 세그먼트 오디언스',
        },
        {
          to: '/people',
          label: n.people,
          icon: <UserRound {...ICON} />,
          also: 'people users customers profiles 사용자 고객 회원 프로필',
        },
      ],
    },
    {
      name: n.engage,
      places: [
        {
          to: '/campaigns',
          label: n.campaigns,
          icon: <Mail {...ICON} />,
          also: 'campaigns mail messages 캠페인 메일 메시지 발송',
        },
        ...(features.inbox ? [inbox] : []),
      ],
    },
    {
      name: n.data,
      places: [
        {
          to: '/live',
          label: n.live,
          icon: <Radio {...ICON} />,
          also: 'live events stream debug tail 실시간 이벤트 수신 확인 디버그',
        },
        {
          to: '/plan',
          label: t.plan.title,
          icon: <ClipboardList {...ICON} />,
          also: 'tracking plan events properties schema catalog taxonomy 트래킹 플랜 이벤트 속성 스키마 데이터',
        },
        {
          to: '/sources',
          label: t.sources.title,
          icon: <Plug {...ICON} />,
          also: 'sources sdk webhook postback connect key 출처 연결 웹훅 포스트백 키',
        },
        {
          to: '/imports',
          label: n.imports,
          icon: <FileUp {...ICON} />,
          also: 'imports upload csv files lookup tables s3 가져오기 올리기 파일 조회 표',
        },
      ],
    },
    {
      name: null,
      places: [
        {
          to: '/settings',
          label: n.settings,
          icon: <Settings {...ICON} />,
          also: 'settings workspace timezone currency 설정 워크스페이스 시간대 통화',
        },
      ],
    },
  ]
}

/** Places of data that are reached from those of the rail. */
export function useDataPlaces(): Place[] {
  const t = useT()
  return [
    {
      to: '/events',
      label: t.nav.events,
      icon: <Database {...ICON} />,
      also: 'events catalog properties 이벤트 속성 데이터',
    },
    {
      to: '/quarantine',
      label: t.nav.quarantine,
      icon: <ShieldAlert {...ICON} />,
      also: 'quarantine errors rejected replay 격리 오류 거절 다시 읽기',
    },
    {
      to: '/warnings',
      label: t.warnings.title,
      icon: <TriangleAlert {...ICON} />,
      also: 'warnings odd clock type 경고 이상',
    },
  ]
}

/** Kinds of charts that the rail leaves to the tabs above a chart. */
export function useChartPlaces(): Place[] {
  const t = useT()
  const icon = <ChartColumn {...ICON} />
  return [
    {
      to: '/explore/lifecycle',
      label: t.explore.kindNames.lifecycle,
      icon,
      also: 'lifecycle new dormant resurrected growth 라이프사이클 신규 휴면 복귀 차트',
    },
    {
      to: '/explore/stickiness',
      label: t.explore.kindNames.stickiness,
      icon,
      also: 'stickiness habit days dau wau 고착도 습관 차트',
    },
    {
      to: '/explore/usage_interval',
      label: t.explore.kindNames.usage_interval,
      icon,
      also: 'usage interval rhythm frequency 사용 간격 주기 차트',
    },
    {
      to: '/explore/sessions',
      label: t.explore.kindNames.sessions,
      icon,
      also: 'sessions visits bounce length 세션 방문 이탈률 차트',
    },
  ]
}

/** Parts of the settings; places of their own, but not in the rail. */
export function useSettingsPlaces(): Place[] {
  const t = useT()
  return [
    {
      to: '/settings',
      search: { tab: 'keys' },
      label: t.palette.inSettings(t.settings.keys),
      icon: <KeyRound {...ICON} />,
      also: 'api write keys 키 토큰',
    },
    {
      to: '/settings',
      search: { tab: 'email' },
      label: t.palette.inSettings(t.settings.email),
      icon: <MailCheck {...ICON} />,
      also: 'smtp e-mail channel sender 이메일 채널 발신 메일 서버',
    },
  ]
}
