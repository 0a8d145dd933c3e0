{{/* The service. */}}
{{- define "mahila-lib.deployment" -}}
{{- include "mahila-lib.validate" . }}
{{- $v := .Values }}
{{- $g := $v.global }}
{{- $service := include "mahila-lib.service" . | fromYaml }}
{{- $server := dict "context" . "component" "server" -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" $server | nindent 4 }}
spec:
  {{- if not $v.autoscaling.enabled }}
  replicas: {{ include "mahila-lib.pods-at-least" . }}
  {{- end }}
  selector:
    matchLabels: {{- include "mahila-lib.selector" $server | nindent 6 }}
  strategy:
    rollingUpdate:
      # A pod goes only when its successor is ready.
      maxSurge: 1
      maxUnavailable: 0
  template:
    metadata:
      labels: {{- merge (include "mahila-lib.labels" $server | fromYaml) $v.podLabels | toYaml | nindent 8 }}
      {{- with $v.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ .Chart.Name }}
      {{- include "mahila-lib.pod-security" . | nindent 6 }}
      {{- with include "mahila-lib.placement" . }}
      {{- . | nindent 6 }}
      {{- end }}
      {{- with include "mahila-lib.spread" . | trim }}
      topologySpreadConstraints: {{- . | nindent 8 }}
      {{- end }}
      # Drains by itself (server.drainDelayMs), so that nothing need sleep in a preStop.
      terminationGracePeriodSeconds: {{ int $v.terminationGracePeriodSeconds }}
      containers:
        - name: {{ .Chart.Name }}
          image: {{ include "mahila-lib.image" . | quote }}
          imagePullPolicy: {{ $g.image.pullPolicy }}
          args: [serve, {{ $service.short }}]
          env: {{- include "mahila-lib.env" . | nindent 12 }}
            {{- range $key, $value := $v.extraEnv }}
            - {name: {{ $key }}, value: {{ $value | quote }}}
            {{- end }}
          ports:
            - {name: grpc, containerPort: 7100}
            - {name: health, containerPort: 7101}
          # Alive as soon as the process answers, whatever its database does: a restart would not bring the database back. With
          # readiness here, an outage at start would kill the pod. The others begin when this one has passed.
          startupProbe:
            grpc: {port: 7101, service: liveness}
            periodSeconds: 1
            failureThreshold: 60
          livenessProbe:
            grpc: {port: 7101, service: liveness}
            periodSeconds: 10
            timeoutSeconds: 5
            failureThreshold: 3
          # Falls with the database and when the pod drains.
          readinessProbe:
            grpc: {port: 7101, service: {{ first $service.grpc }}}
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: 2
          resources: {{- toYaml $v.resources | nindent 12 }}
          securityContext: {{- include "mahila-lib.container-security" . | nindent 12 }}
          volumeMounts: {{- include "mahila-lib.mounts" . | nindent 12 }}
      volumes: {{- include "mahila-lib.volumes" . | nindent 8 }}
{{- end }}

{{/* Replicas apart from each other, each release of the Deployment counted by itself. */}}
{{- define "mahila-lib.spread" -}}
{{- $selector := include "mahila-lib.selector" (dict "context" . "component" "server") }}
{{- range $key, $when := dict "topology.kubernetes.io/zone" .Values.topologySpread.zones "kubernetes.io/hostname" .Values.topologySpread.nodes }}
{{- if ne $when "none" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: {{ $when }}
  labelSelector:
    matchLabels: {{- $selector | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}
{{- end }}

{{/* Its account: for admission policies to name; nothing is granted to it and no token is mounted. */}}
{{- define "mahila-lib.serviceaccount" -}}
apiVersion: v1
kind: ServiceAccount
metadata:
  name: {{ .Chart.Name }}
  labels: {{- include "mahila-lib.labels" (dict "context" . "component" "server") | nindent 4 }}
automountServiceAccountToken: false
{{- end }}
