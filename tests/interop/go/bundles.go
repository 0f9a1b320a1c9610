package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"
)

const payloadType = "application/vnd.in-toto+json"
const generation = "urn:clearance:predicate:generation:v1"

var strict = base64.StdEncoding.Strict()

// Sigstore bundle v0.3; fields in the order of canonical JSON, so that writing one again gives the same bytes.
type bundle struct {
	Envelope  envelope `json:"dsseEnvelope"`
	MediaType string   `json:"mediaType"`
	Material  struct {
		Certificate rawBytes `json:"certificate"`
		Timestamps  struct {
			RFC3161 []signedTimestamp `json:"rfc3161Timestamps"`
		} `json:"timestampVerificationData"`
		Entries []logEntry `json:"tlogEntries"`
	} `json:"verificationMaterial"`
}

type rawBytes struct {
	RawBytes string `json:"rawBytes"`
}

type signedTimestamp struct {
	Signed string `json:"signedTimestamp"`
}

type envelope struct {
	Payload     string      `json:"payload"`
	PayloadType string      `json:"payloadType"`
	Signatures  []signature `json:"signatures"`
}

type signature struct {
	KeyID string `json:"keyid,omitempty"`
	Sig   string `json:"sig"`
}

type logEntry struct {
	Body  string `json:"canonicalizedBody"`
	Proof struct {
		Checkpoint struct {
			Envelope string `json:"envelope"`
		} `json:"checkpoint"`
		Hashes []string `json:"hashes"`
		Index  string   `json:"logIndex"`
		Root   string   `json:"rootHash"`
		Size   string   `json:"treeSize"`
	} `json:"inclusionProof"`
	Kind struct {
		Kind    string `json:"kind"`
		Version string `json:"version"`
	} `json:"kindVersion"`
	LogID struct {
		KeyID string `json:"keyId"`
	} `json:"logId"`
	Index string `json:"logIndex"`
}

// Rekor v2's record of a signature.
type record struct {
	API  string `json:"apiVersion"`
	Kind string `json:"kind"`
	Spec struct {
		Hashed struct {
			Data struct {
				Algorithm string `json:"algorithm"`
				Digest    string `json:"digest"`
			} `json:"data"`
			Signature struct {
				Content  string `json:"content"`
				Verifier struct {
					Details     string   `json:"keyDetails"`
					Certificate rawBytes `json:"x509Certificate"`
				} `json:"verifier"`
			} `json:"signature"`
		} `json:"hashedRekordV002"`
	} `json:"spec"`
}

// Whom to believe: authorities, and timestamp authorities.
type root struct {
	authorities, timestamps []*x509.Certificate
}

func readRoot(e export) (root, error) {
	var found root
	data, err := e.read("trusted_root.json")
	if err != nil {
		return found, nil // a log of bare keys has none
	}
	type authority struct {
		Chain struct {
			Certificates []rawBytes `json:"certificates"`
		} `json:"certChain"`
	}
	var said struct {
		Authorities []authority `json:"certificateAuthorities"`
		Timestamps  []authority `json:"timestampAuthorities"`
	}
	if err := json.Unmarshal(data, &said); err != nil {
		return found, fmt.Errorf("trusted_root.json: %w", err)
	}
	first := func(all []authority) (certificates []*x509.Certificate) {
		for _, one := range all {
			if len(one.Chain.Certificates) == 0 {
				continue
			}
			raw, bad := strict.DecodeString(one.Chain.Certificates[0].RawBytes)
			parsed, worse := x509.ParseCertificate(raw)
			if bad != nil || worse != nil {
				err = errors.New("trusted_root.json: a certificate is malformed")
				continue
			}
			certificates = append(certificates, parsed)
		}
		return certificates
	}
	found.authorities, found.timestamps = first(said.Authorities), first(said.Timestamps)
	return found, err
}

// Reads JSON that has one spelling: what is read, written again, gives the same bytes.
func exactly(data []byte, into any) error {
	if err := json.Unmarshal(data, into); err != nil {
		return err
	}
	var again bytes.Buffer
	encoder := json.NewEncoder(&again)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(into); err != nil {
		return err
	}
	if !bytes.Equal(bytes.TrimSuffix(again.Bytes(), []byte("\n")), data) {
		return errors.New("not in canonical JSON, or with fields that are not known")
	}
	return nil
}

func pae(payload []byte) []byte {
	return append([]byte(fmt.Sprintf("DSSEv1 %d %s %d ", len(payloadType), payloadType, len(payload))), payload...)
}

// The signed statement behind an entry: signature, certificate, timestamp; notes which evidence it names.
func (l *log) statement(index int64, entry []byte, trusted root) error {
	var payload []byte
	var err error
	if bytes.HasPrefix(entry, []byte(`{"apiVersion"`)) {
		payload, err = l.bundle(index, entry, trusted)
	} else {
		payload, err = l.old(index, entry)
	}
	if err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	var said struct {
		Type      string `json:"predicateType"`
		Predicate struct {
			Evidence []string        `json:"evidence"`
			Keys     json.RawMessage `json:"keys"`
		} `json:"predicate"`
	}
	if err := json.Unmarshal(payload, &said); err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	for _, digest := range said.Predicate.Evidence {
		l.named[digest] = true
	}
	var keys struct {
		Body string `json:"body"`
	}
	if said.Type == generation && json.Unmarshal(said.Predicate.Keys, &keys) == nil {
		l.spared[keys.Body] = true
	}
	return nil
}

// An entry of the old form: the envelope itself, signed by a bare key.
func (l *log) old(index int64, entry []byte) ([]byte, error) {
	name := fmt.Sprintf("entries/%d.json", index)
	l.ours[name] = true
	beside, err := l.read(name)
	if err != nil || !bytes.Equal(beside, entry) {
		return nil, fmt.Errorf("%s is not the entry", name)
	}
	var e envelope
	if err := json.Unmarshal(entry, &e); err != nil || len(e.Signatures) != 1 || e.PayloadType != payloadType {
		return nil, errors.New("not a DSSE envelope")
	}
	payload, err := strict.DecodeString(e.Payload)
	if err != nil {
		return nil, err
	}
	given, err := strict.DecodeString(e.Signatures[0].Sig)
	if err != nil {
		return nil, err
	}
	text, err := l.read("keys/" + e.Signatures[0].KeyID + ".pub")
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("its key is no PEM")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, err
	}
	return payload, signed(key, pae(payload), given)
}

func signed(key any, data, given []byte) error {
	public, fits := key.(*ecdsa.PublicKey)
	digest := sha256.Sum256(data)
	if !fits || !ecdsa.VerifyASN1(public, digest[:], given) {
		return errors.New("the signature does not fit")
	}
	return nil
}

// A Sigstore bundle and the leaf that it belongs to.
func (l *log) bundle(index int64, leaf []byte, trusted root) ([]byte, error) {
	name := fmt.Sprintf("bundles/%d.sigstore.json", index)
	l.ours[name] = true
	data, err := l.read(name)
	if err != nil {
		return nil, err
	}
	var b bundle
	var r record
	if err := exactly(data, &b); err != nil {
		return nil, err
	}
	if err := exactly(leaf, &r); err != nil {
		return nil, err
	}
	if b.MediaType != "application/vnd.dev.sigstore.bundle.v0.3+json" || b.Envelope.PayloadType != payloadType ||
		len(b.Envelope.Signatures) != 1 || b.Envelope.Signatures[0].KeyID != "" || len(b.Material.Timestamps.RFC3161) != 1 {
		return nil, errors.New("not a bundle of one signature with one timestamp")
	}
	payload, err := strict.DecodeString(b.Envelope.Payload)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(pae(payload))
	hashed := r.Spec.Hashed
	if r.API != "0.0.2" || r.Kind != "hashedrekord" || hashed.Data.Algorithm != "SHA2_256" ||
		hashed.Data.Digest != strict.EncodeToString(digest[:]) ||
		hashed.Signature.Content != b.Envelope.Signatures[0].Sig ||
		hashed.Signature.Verifier.Details != "PKIX_ECDSA_P256_SHA_256" ||
		hashed.Signature.Verifier.Certificate != b.Material.Certificate {
		return nil, errors.New("the bundle is not the one that was recorded")
	}
	given, err := strict.DecodeString(b.Envelope.Signatures[0].Sig)
	if err != nil {
		return nil, err
	}
	raw, err := strict.DecodeString(b.Material.Certificate.RawBytes)
	if err != nil {
		return nil, err
	}
	certificate, err := l.certificate(raw)
	if err != nil {
		return nil, err
	}
	if err := signed(certificate.PublicKey, pae(payload), given); err != nil {
		return nil, err
	}
	if err := l.place(index, leaf, b); err != nil {
		return nil, err
	}
	at, err := moment(b.Material.Timestamps.RFC3161[0].Signed, given, trusted.timestamps)
	if err != nil {
		return nil, err
	}
	return payload, l.vouched(certificate, at, trusted.authorities)
}

// Where the bundle says that it lies in the log.
func (l *log) place(index int64, leaf []byte, b bundle) error {
	if len(b.Material.Entries) != 1 {
		return errors.New("not exactly one place in the log")
	}
	told := b.Material.Entries[0]
	tree, err := l.past([]byte(told.Proof.Checkpoint.Envelope))
	if err != nil {
		return err
	}
	known := false
	for _, id := range l.ids {
		known = known || id == told.LogID.KeyID
	}
	if !known || told.Index != fmt.Sprint(index) || told.Proof.Index != told.Index || told.Kind.Kind != "hashedrekord" ||
		told.Kind.Version != "0.0.2" || told.Body != strict.EncodeToString(leaf) ||
		told.Proof.Root != tree.Hash.String() || told.Proof.Size != fmt.Sprint(tree.N) {
		return errors.New("it names another place in the log than it has")
	}
	return l.included(index, leaf, told.Proof.Hashes, []byte(told.Proof.Checkpoint.Envelope))
}

// A certificate, read once for all that is signed under it.
func (l *log) certificate(raw []byte) (*x509.Certificate, error) {
	if l.last != nil && bytes.Equal(l.last.Raw, raw) {
		return l.last, nil
	}
	parsed, err := x509.ParseCertificate(raw)
	if err == nil {
		l.last = parsed
	}
	return parsed, err
}

// What a verdict about a certificate depends on besides the authorities: its bytes, and the moment to the second.
type vouching struct {
	certificate [32]byte
	at          int64
}

const mostVouched = 4096

func (l *log) vouched(certificate *x509.Certificate, at time.Time, authorities []*x509.Certificate) error {
	asked := vouching{sha256.Sum256(certificate.Raw), at.Unix()}
	if verdict, known := l.known[asked]; known {
		return verdict
	}
	pool := x509.NewCertPool()
	for _, one := range authorities {
		pool.AddCert(one)
	}
	_, err := certificate.Verify(x509.VerifyOptions{
		Roots:       pool,
		CurrentTime: at,
		KeyUsages:   []x509.ExtKeyUsage{x509.ExtKeyUsageCodeSigning},
	})
	if l.known == nil || len(l.known) >= mostVouched {
		l.known = map[vouching]error{}
	}
	l.known[asked] = err
	return err
}

// RFC 3161 and CMS (RFC 5652), as far as a token of one signer without further attributes needs them.
type response struct {
	Status struct{ Status int }
	Token  struct {
		Type    asn1.ObjectIdentifier
		Content signedData `asn1:"explicit,tag:0"`
	}
}

type signedData struct {
	Version    int
	Algorithms []pkix.AlgorithmIdentifier `asn1:"set"`
	Content    struct {
		Type asn1.ObjectIdentifier
		Info []byte `asn1:"explicit,tag:0"`
	}
	Certificates asn1.RawValue `asn1:"optional,tag:0"`
	Signers      []signerInfo  `asn1:"set"`
}

type signerInfo struct {
	Version int
	Signer  struct {
		Issuer asn1.RawValue
		Serial *big.Int
	}
	Digest     pkix.AlgorithmIdentifier
	Attributes asn1.RawValue `asn1:"tag:0"`
	Algorithm  pkix.AlgorithmIdentifier
	Signature  []byte
}

type timestampInfo struct {
	Version int
	Policy  asn1.RawValue // an arc of a UUID does not fit asn1.ObjectIdentifier
	Imprint struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	Serial *big.Int
	Time   time.Time `asn1:"generalized"`
}

type attribute struct {
	Type   asn1.ObjectIdentifier
	Values []asn1.RawValue `asn1:"set"`
}

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidTimestampInfo = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
	oidECDSA         = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}
)

func plain(algorithm pkix.AlgorithmIdentifier, oid asn1.ObjectIdentifier) bool {
	return algorithm.Algorithm.Equal(oid) && len(algorithm.Parameters.FullBytes) == 0
}

// Says when a signature was made, by an authority that is believed.
func moment(text string, given []byte, authorities []*x509.Certificate) (time.Time, error) {
	refused := func(why string) (time.Time, error) { return time.Time{}, errors.New("the timestamp " + why) }
	token, err := strict.DecodeString(text)
	if err != nil {
		return refused("is no base64")
	}
	var r response
	rest, err := asn1.Unmarshal(token, &r)
	again, worse := asn1.Marshal(r)
	if err != nil || worse != nil || len(rest) > 0 || !bytes.Equal(again, token) {
		return refused("is malformed")
	}
	data := r.Token.Content
	if r.Status.Status != 0 || !r.Token.Type.Equal(oidSignedData) || data.Version != 3 || len(data.Algorithms) != 1 ||
		!plain(data.Algorithms[0], oidSHA256) || !data.Content.Type.Equal(oidTimestampInfo) || len(data.Signers) != 1 {
		return refused("is of another form")
	}
	signer := data.Signers[0]
	if signer.Version != 1 || !plain(signer.Digest, oidSHA256) || !plain(signer.Algorithm, oidECDSA) {
		return refused("is signed in another way")
	}
	var info timestampInfo
	if rest, err := asn1.Unmarshal(data.Content.Info, &info); err != nil || len(rest) > 0 || info.Version != 1 {
		return refused("says nothing that can be read")
	}
	over, told := sha256.Sum256(given), sha256.Sum256(data.Content.Info)
	if !plain(info.Imprint.Algorithm, oidSHA256) || !bytes.Equal(info.Imprint.Digest, over[:]) {
		return refused("is over another signature")
	}
	for _, authority := range authorities {
		within := data.Certificates.Bytes // the authority's own certificate, or nothing
		if len(within) > 0 && !bytes.Equal(within, authority.Raw) || !bytes.Equal(signer.Signer.Issuer.FullBytes, authority.RawIssuer) ||
			signer.Signer.Serial.Cmp(authority.SerialNumber) != 0 {
			continue
		}
		if info.Time.Before(authority.NotBefore) || info.Time.After(authority.NotAfter) {
			return refused("is of a moment when its authority did not count")
		}
		attributes := append([]byte{0x31}, signer.Attributes.FullBytes[1:]...)
		if err := attested(attributes, told[:]); err != nil {
			return refused(err.Error())
		}
		if err := signed(authority.PublicKey, attributes, signer.Signature); err != nil {
			return refused(strings.TrimPrefix(err.Error(), "the "))
		}
		return info.Time, nil
	}
	return refused("is by nobody who is believed")
}

func attested(set, digest []byte) error {
	var all []attribute
	if rest, err := asn1.UnmarshalWithParams(set, &all, "set"); err != nil || len(rest) > 0 {
		return errors.New("has malformed attributes")
	}
	var kind, right bool
	for _, one := range all {
		if len(one.Values) != 1 {
			return errors.New("has an attribute of several values")
		}
		kind = kind || one.Type.Equal(oidContentType) && bytes.HasSuffix(one.Values[0].FullBytes, []byte{9, 16, 1, 4})
		right = right || one.Type.Equal(oidDigest) && bytes.Equal(one.Values[0].Bytes, digest)
	}
	if !kind || !right {
		return errors.New("signs something else")
	}
	return nil
}
