{{/*
The PrometheusRule of one service, called with its chart's root context. The rules stand below as Prometheus reads them, except that its
own braces are written [[ ]], that matchers have names ($of and others, see _observed.tpl), and that each alert is given the address of
its runbook here.
*/}}
{{- define "mahila-lib.rules" -}}
{{- $rules := .Values.global.monitoring.rules -}}
{{- if $rules.enabled -}}
{{- $observed := get (fromYaml (include "mahila-lib.observed" .)) .Chart.Name -}}
{{- $of := printf "namespace=%q, service_name=%q" .Release.Namespace .Chart.Name -}}
{{- $text := include "mahila-lib.rules.groups" (dict "root" . "observed" $observed) | replace "[[" "{{" | replace "]]" "}}" -}}
{{- $groups := fromYamlArray (include "mahila-lib.observed.queries" (dict "text" $text "of" $of "call" $observed.call)) -}}
{{- range $group := $groups -}}
{{- range $rule := $group.rules -}}
{{- if $rule.alert -}}
{{- $_ := set $rule.annotations "runbook_url" (printf "%s#%s" $rules.runbooks (lower $rule.alert)) -}}
{{- end -}}
{{- end -}}
{{- end -}}
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: {{ .Chart.Name }}
  labels: {{- merge (include "mahila-lib.labels" (dict "context" . "component" "monitoring") | fromYaml) $rules.labels | toYaml | nindent 4 }}
spec:
  groups:
    {{- toYaml $groups | nindent 4 }}
{{- end -}}
{{- end -}}

{{- define "mahila-lib.rules.groups" -}}
{{- $rules := .root.Values.global.monitoring.rules -}}
{{- $service := .root.Chart.Name -}}
{{- $call := base .observed.call -}}
# Calls, and how many of them were bad, by window. The long windows are averages of the short ones: a rate over three days reads every
# sample of three days.
- name: {{ $service }}-slo
  rules:
  {{- range $window := list "5m" "30m" "1h" }}
  - record: service:mahila_calls:rate{{ $window }}
    expr: sum by (namespace, service_name) (rate(rpc_server_call_duration_seconds_count{$unary}[{{ $window }}]))
  - record: service:mahila_calls_failed:rate{{ $window }}
    expr: |-
      sum by (namespace, service_name) (rate(rpc_server_call_duration_seconds_count{$unary, rpc_response_status_code=~"$faults"}[{{ $window }}]))
      or 0 * service:mahila_calls:rate{{ $window }}{$of}
  - record: service:mahila_waited:rate{{ $window }}
    expr: sum by (namespace, service_name) (rate(rpc_server_call_duration_seconds_count{$waited}[{{ $window }}]))
  - record: service:mahila_waited_slow:rate{{ $window }}
    expr: |-
      service:mahila_waited:rate{{ $window }}{$of}
      - sum by (namespace, service_name) (rate(rpc_server_call_duration_seconds_bucket{$waited, le="0.25"}[{{ $window }}]))
  {{- end }}
  {{- range $window := list "2h" "6h" "1d" "3d" }}
  {{- range $series := list "calls" "calls_failed" "waited" "waited_slow" }}
  - record: service:mahila_{{ $series }}:rate{{ $window }}
    expr: avg_over_time(service:mahila_{{ $series }}:rate5m{$of}[{{ $window }}])
  {{- end }}
  {{- end }}

  # 99.9 % of calls are not failed by us, 99 % of those that somebody waits for are answered within 250 ms, over 30 days. The budget is
  # what is left to 100 %; at 14.4 times the pace a fiftieth of it is gone within an hour. Fewer than ten bad calls wake nobody.
  - alert: MahilaErrorBudgetBurnsFast
    expr: |-
      {{- include "mahila-lib.rules.burn" (list "calls_failed" "calls" 0.001 "fast") | nindent 6 }}
    for: 2m
    labels: {severity: critical}
    annotations:
      summary: '[[ $labels.service_name ]] fails too many calls'
      description: >-
        [[ $value | humanizePercentage ]] of the calls of [[ $labels.service_name ]] failed by our fault, where 0.1 % may. At this pace the
        error budget of 30 days is gone within five days.
  - alert: MahilaErrorBudgetBurnsSlowly
    expr: |-
      {{- include "mahila-lib.rules.burn" (list "calls_failed" "calls" 0.001 "slow") | nindent 6 }}
    for: 15m
    labels: {severity: warning}
    annotations:
      summary: '[[ $labels.service_name ]] has been failing calls for hours'
      description: >-
        [[ $value | humanizePercentage ]] of the calls of [[ $labels.service_name ]] failed by our fault over the last day or days, where
        0.1 % may.
  - alert: MahilaLatencyBudgetBurnsFast
    expr: |-
      {{- include "mahila-lib.rules.burn" (list "waited_slow" "waited" 0.01 "fast") | nindent 6 }}
    for: 2m
    labels: {severity: critical}
    annotations:
      summary: '{{ $call }} of [[ $labels.service_name ]] is slow'
      description: >-
        [[ $value | humanizePercentage ]] of the answers to {{ $call }} took longer than 250 ms, where 1 % may.
  - alert: MahilaLatencyBudgetBurnsSlowly
    expr: |-
      {{- include "mahila-lib.rules.burn" (list "waited_slow" "waited" 0.01 "slow") | nindent 6 }}
    for: 15m
    labels: {severity: warning}
    annotations:
      summary: '{{ $call }} of [[ $labels.service_name ]] has been slow for hours'
      description: >-
        [[ $value | humanizePercentage ]] of the answers to {{ $call }} took longer than 250 ms over the last day or days,
        where 1 % may.

- name: {{ $service }}
  rules:
  - alert: MahilaServiceDown
    expr: |-
      max by (namespace, service_name) (mahila_ready{$of}) == 0
      or absent(mahila_ready{$of})
    for: 2m
    labels: {severity: critical}
    annotations:
      summary: '[[ $labels.service_name ]] answers nobody'
      description: No instance of [[ $labels.service_name ]] in [[ $labels.namespace ]] is ready, or none is there to say so.
  - alert: MahilaInstanceNotReady
    expr: mahila_ready{$of} == 0
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: 'An instance of [[ $labels.service_name ]] is not ready'
      description: '[[ $labels.instance ]] of [[ $labels.service_name ]] has been up and not ready for five minutes.'
  - alert: MahilaTargetDown
    expr: up{namespace={{ .root.Release.Namespace | quote }}, job=~"{{ $service }}(-headless)?"} == 0
    for: 5m
    labels: {severity: warning, service_name: {{ $service }}}
    annotations:
      summary: 'An instance of {{ $service }} does not tell how it is'
      description: Prometheus has not been able to read /metrics of [[ $labels.instance ]] for five minutes.

  # The writer
  - alert: MahilaWriteQueueFills
    expr: max by (namespace, service_name) (mahila_write_queue{$of}) > {{ $rules.writeQueueCommands }}
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: 'The write queue of [[ $labels.service_name ]] fills'
      description: '[[ $value | humanize ]] commands wait for the writer of an instance of [[ $labels.service_name ]].'
  - alert: MahilaWritesRefused
    expr: sum by (namespace, service_name) (increase(mahila_write_refused_total{$of}[5m])) > 0
    for: 1m
    labels: {severity: critical}
    annotations:
      summary: '[[ $labels.service_name ]] turns writes away'
      description: '[[ $value | humanize ]] commands found the queue of [[ $labels.service_name ]] full in five minutes. Callers are told to come back.'

  # The database's connections
  - alert: MahilaPoolWait
    expr: |-
      histogram_quantile(0.95, sum by (namespace, service_name, le) (rate(db_client_connection_wait_time_seconds_bucket{$of}[5m]))) > 0.25
    for: 10m
    labels: {severity: warning}
    annotations:
      summary: '[[ $labels.service_name ]] waits for connections to its database'
      description: 'One in twenty asks for a connection waits [[ $value | humanizeDuration ]] or longer.'
  - alert: MahilaPoolExhausted
    expr: |-
      max by (namespace, service_name) (
        db_client_connection_count{$of, db_client_connection_state="used"} / ignoring (db_client_connection_state) db_client_connection_max{$of}
      ) >= 1
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: 'All connections of an instance of [[ $labels.service_name ]] are in use'
      description: For five minutes an instance of [[ $labels.service_name ]] has had no connection to its database to spare.
  {{- if (include "mahila-lib.service" .root | fromYaml).follows }}

  # What it follows
  - alert: MahilaFeedSilent
    expr: max by (namespace, service_name, mahila_feed_source) (mahila_feed_silence_seconds{$of}) > 60
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: '[[ $labels.service_name ]] does not hear [[ $labels.mahila_feed_source ]]'
      description: >-
        An instance of [[ $labels.service_name ]] last heard the journal of [[ $labels.mahila_feed_source ]]
        [[ $value | humanizeDuration ]] ago. It says something every five seconds.
  - alert: MahilaFeedLag
    expr: max by (namespace, service_name, mahila_feed_source) (mahila_feed_lag{$of}) > {{ $rules.feedLagEntries }}
    for: 10m
    labels: {severity: warning}
    annotations:
      summary: '[[ $labels.service_name ]] is behind [[ $labels.mahila_feed_source ]]'
      description: '[[ $value | humanize ]] entries of the journal of [[ $labels.mahila_feed_source ]] are not applied by [[ $labels.service_name ]].'
  - alert: MahilaFeedStuck
    expr: |-
      max by (namespace, service_name, mahila_feed_source) (min_over_time(mahila_feed_lag{$of}[15m])) > 0
      unless sum by (namespace, service_name, mahila_feed_source) (increase(mahila_feed_applied_total{$of}[15m])) > 0
    for: 5m
    labels: {severity: critical}
    annotations:
      summary: '[[ $labels.service_name ]] has stopped following [[ $labels.mahila_feed_source ]]'
      description: >-
        At least [[ $value | humanize ]] entries of the journal of [[ $labels.mahila_feed_source ]] have been waiting for fifteen minutes and
        [[ $labels.service_name ]] applied none.
  {{- end }}
  {{- if .observed.sweeps }}

  # What runs by itself. Every instance runs it, and one is enough.
  - alert: MahilaSweepLate
    expr: min by (namespace, service_name, mahila_due_task) (mahila_due_age_seconds{$of}) > 300
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: '[[ $labels.mahila_due_task ]] of [[ $labels.service_name ]] is late'
      description: '[[ $labels.mahila_due_task ]] last succeeded [[ $value | humanizeDuration ]] ago. It runs every minute or oftener.'
  - alert: MahilaSweepFails
    expr: sum by (namespace, service_name, mahila_due_task) (increase(mahila_due_failures_total{$of}[15m])) > 3
    for: 5m
    labels: {severity: warning}
    annotations:
      summary: '[[ $labels.mahila_due_task ]] of [[ $labels.service_name ]] fails'
      description: '[[ $labels.mahila_due_task ]] failed [[ $value | humanize ]] times in fifteen minutes.'
  {{- end }}

  # Certificates
  - alert: MahilaCertificateNotRenewed
    expr: min by (namespace, service_name, mahila_tls_certificate) (mahila_tls_certificate_remaining_seconds{$of}) < {{ $rules.certificateWarningDays }} * 86400
    for: 1h
    labels: {severity: warning}
    annotations:
      summary: 'The [[ $labels.mahila_tls_certificate ]] certificate of [[ $labels.service_name ]] should have been renewed'
      description: 'It expires in [[ $value | humanizeDuration ]].'
  - alert: MahilaCertificateExpires
    expr: min by (namespace, service_name, mahila_tls_certificate) (mahila_tls_certificate_remaining_seconds{$of}) < {{ $rules.certificateCriticalDays }} * 86400
    for: 5m
    labels: {severity: critical}
    annotations:
      summary: 'The [[ $labels.mahila_tls_certificate ]] certificate of [[ $labels.service_name ]] expires'
      description: 'It expires in [[ $value | humanizeDuration ]]. From then on nobody can call or be called with it.'
  {{- if eq $service "station-registry" }}

  # Desks are open from 08:00 to 20:00 IST; by ten, whoever came has checked in. IST is 19,800 seconds ahead of UTC.
  - alert: MahilaDesksSilent
    expr: |-
      max by (namespace, service_name) (mahila_registry_desks{$of, mahila_desk_state="silent"})
      / max by (namespace, service_name) (mahila_registry_desks{$of, mahila_desk_state="expected"}) > {{ $rules.silentDesksPercent }} / 100
      and on () hour(vector(time() + 19800)) >= 10 < 20
    for: 30m
    labels: {severity: warning}
    annotations:
      summary: 'Desks are silent · हेल्प डेस्क मौन हैं'
      description: >-
        [[ $value | humanizePercentage ]] of the desks that should be open now have not been heard from today. ·
        जो हेल्प डेस्क इस समय खुले होने चाहिए, उनमें से [[ $value | humanizePercentage ]] से आज कोई सूचना नहीं मिली है।
  {{- end }}
{{- end -}}

{{/*
A budget burns when a long window says so and a short one says still: windows, how many times faster than it may, seconds of the long one.
Called with (bad, all, budget, fast or slow).
*/}}
{{- define "mahila-lib.rules.burn" -}}
{{- $bad := printf "service:mahila_%s:rate" (index . 0) -}}
{{- $all := printf "service:mahila_%s:rate" (index . 1) -}}
{{- $fast := list (list "1h" "5m" 14.4 3600) (list "6h" "30m" 6 21600) -}}
{{- $slow := list (list "1d" "2h" 3 86400) (list "3d" "6h" 1 259200) -}}
{{- range $index, $pair := ternary $fast $slow (eq (index . 3) "fast") }}
{{- $long := index $pair 0 }}
{{- $short := index $pair 1 }}
{{- $limit := printf "%v * %v" (index $pair 2) (index $ 2) }}
{{- if $index }}
or
{{ end -}}
(
  {{ $bad }}{{ $long }}{$of} / {{ $all }}{{ $long }}{$of} > {{ $limit }}
  and {{ $bad }}{{ $short }}{$of} / {{ $all }}{{ $short }}{$of} > {{ $limit }}
  and {{ $bad }}{{ $long }}{$of} * {{ index $pair 3 }} >= 10
)
{{- end }}
{{- end -}}
